"""Receives what the replay's shift leader is told: a webhook on this machine that writes each message to the log."""

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
# A digest names many alerts, and yet is far below that.
MOST_BYTES = 1024 * 1024
PATIENCE_S = 10.0


def address(port: int) -> str:
    """Returns where messages are sent to."""
    return f"http://{HOST}:{port}/told"


def line(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the log says of a message: where, how grave, and what; of several alerts the places of all."""
    alerts = message.get("alerts") or []
    steps = ("plant", "factory", "building", "floor", "area")
    places = [" / ".join(str(alert[step]) for step in steps if alert.get(step) is not None) for alert in alerts]
    return {
        "place": "; ".join(dict.fromkeys(places)),
        "alert_level": message.get("level"),
        "what": message.get("subject"),
        "cause": message.get("cause"),
    }


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Takes messages until the block ends."""
    with ThreadingHTTPServer((HOST, port), _Messages) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


class _Messages(BaseHTTPRequestHandler):
    """Says of each message that it was taken, as the phone of a person would; nobody's signature is asked for."""

    timeout = PATIENCE_S

    def do_POST(self) -> None:  # the name that http.server looks for
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length.isdecimal() else HTTPStatus.LENGTH_REQUIRED)
            return
        try:
            message = json.loads(self.rfile.read(int(length)))
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        log.info("told", extra=line(message))
        self._answer(HTTPStatus.NO_CONTENT)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the parent's name
        """Says nothing: each message has its line already."""
