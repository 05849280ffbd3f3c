"""moto behind the few habits of LocalStack that this workspace relies on: port 4566, two routes, and `Ready.` in the log.

Init hooks are not run: the route that tells of them always answers that there were none and that they are through.
"""

import json

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

SERVICES = ("ssm", "secretsmanager", "sts", "kms", "sns", "iam")
ROUTES = {
    "/_localstack/health": {"services": {name: "available" for name in SERVICES}, "edition": "stand-in (moto)"},
    "/_localstack/init/ready": {"completed": True, "scripts": []},
}
moto = DomainDispatcherApplication(create_backend_app)


def application(environ, start_response):
    answer = ROUTES.get(environ.get("PATH_INFO", ""))
    if answer is None:
        return moto(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


# The port is bound when make_server returns, so whoever waits for the line can connect.
server = make_server("0.0.0.0", 4566, application, threaded=True)
print("Ready.", flush=True)
server.serve_forever()
