# Trac as a FastCGI server: it takes whoever the web server says is there (REMOTE_USER) for signed in.
#   TRAC_ENV=ENVIRONMENT python3 trac.py SOCKET
import sys

from trac.web._fcgi import WSGIServer
from trac.web.main import dispatch_request

WSGIServer(dispatch_request, bindAddress=sys.argv[1], umask=0).run()
