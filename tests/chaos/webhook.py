"""A receiver of notifications, as a process that may be killed: what it has answered for is on the disk.

`python -m tests.chaos.webhook PORT FILE SECRET`. Each line of the file is a message, with whether its signature holds.
"""

import contextlib
import hashlib
import hmac
import json
import os
import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Between the disk and the answer: who is killed there is sent the same message again.
MOST_PAUSE_S = 0.03


def is_signed(secret, headers, body):
    """Whether the signature is what the documentation says that it is."""
    signed = headers["x-montrg-timestamp"].encode() + b"." + body
    return headers["x-montrg-signature"] == "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Keeps a message, and then answers."""

    protocol_version = "HTTP/1.1"
    file = -1
    secret = ""

    def handle(self):
        with contextlib.suppress(ConnectionError):  # the sender was killed
            super().handle()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        message = {
            "key": self.headers["idempotency-key"],
            "signed": is_signed(self.secret, self.headers, body),
            "path": self.path,
            "body": json.loads(body),
        }
        os.write(self.file, json.dumps(message).encode() + b"\n")
        os.fsync(self.file)
        time.sleep(random.uniform(0, MOST_PAUSE_S))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


def main():
    port, path, Handler.secret = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    Handler.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
