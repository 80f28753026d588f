"""Puts Prism, which serves all paths at its root, below the paths of the document's servers.

Usage: prefixes.py PORT UPSTREAM. Requests below /api/v1 and /api go to UPSTREAM without that prefix, others get 404.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

PREFIXES = ("/api/v1/", "/api/")
FRAMING = ("connection", "content-length", "keep-alive", "transfer-encoding")


class Forward(BaseHTTPRequestHandler):
    def forward(self):
        prefix = next((prefix for prefix in PREFIXES if self.path.startswith(prefix)), None)
        if prefix is None:
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in (*FRAMING, "host")}
        url = sys.argv[2] + "/" + self.path[len(prefix):]
        answer = requests.request(self.command, url, headers=headers, data=body, timeout=30, allow_redirects=False)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in FRAMING:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Forward).serve_forever()
