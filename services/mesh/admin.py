"""Speaks to Envoy's admin interface."""

import http.client
import socket
from http import HTTPStatus
from pathlib import Path

from services.mesh.options import Place

TIMEOUT_S = 2.0

# Graceful: every answer has `connection: close`, or sends GOAWAY with it, while new connections are still served.
# Without skip_exit Envoy would shut its listeners after its drain time, and refuse those who do not know yet.
DRAIN = "/drain_listeners?graceful&skip_exit"
ACTIVE = "/stats?filter=downstream_rq_active"
# The probes' own.
_NOT_CALLS = ("http.admin.", "http.status.")


class Admin:
    """The interface of one Envoy."""

    def __init__(self, place: Place | Path) -> None:
        """Takes its address, or the path of its socket."""
        self._place = place

    def is_ready(self) -> bool:
        """Tells whether it has all its listeners open."""
        return self.ask("GET", "/ready") is not None

    def drain(self) -> bool:
        """Has every caller go elsewhere after its next answer; returns False if Envoy does not answer."""
        return self.ask("POST", DRAIN) is not None

    def active_requests(self) -> int:
        """Returns how many calls and streams are under way; 0 if Envoy does not answer."""
        lines = (self.ask("GET", ACTIVE) or "").splitlines()
        counts = [line.rpartition(": ")[::2] for line in lines]
        return sum(int(count) for name, count in counts if name.startswith("http.") and not name.startswith(_NOT_CALLS))

    def ask(self, method: str, path: str) -> str | None:
        """Returns what it answers; None if it does not, or with an error."""
        connection = _connection(self._place)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return text if answer.status == HTTPStatus.OK else None


def _connection(place: Place | Path) -> http.client.HTTPConnection:
    if isinstance(place, Path):
        return _OverSocket(place)
    return http.client.HTTPConnection(*place, timeout=TIMEOUT_S)


class _OverSocket(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))
