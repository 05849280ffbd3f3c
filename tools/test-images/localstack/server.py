"""moto behind the few habits of LocalStack that this workspace relies on: port 4566, the health route, and `Ready.` in the log."""

import json

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

HEALTH_ROUTE = "/_localstack/health"
SERVICES = ("ssm", "secretsmanager", "sts", "kms", "sns")
moto = DomainDispatcherApplication(create_backend_app)


def application(environ, start_response):
    if environ.get("PATH_INFO") != HEALTH_ROUTE:
        return moto(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"services": {name: "available" for name in SERVICES}, "edition": "stand-in (moto)"}).encode()]


# The port is bound when make_server returns, so whoever waits for the line can connect.
server = make_server("0.0.0.0", 4566, application, threaded=True)
print("Ready.", flush=True)
server.serve_forever()
