"""Speaks to Envoy's admin interface."""

import http.client
from http import HTTPStatus

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

    def __init__(self, place: Place) -> None:
        self._place = place

    def drain(self) -> bool:
        """Has every caller go elsewhere after its next answer; returns False if Envoy does not answer."""
        return self._ask("POST", DRAIN) is not None

    def active_requests(self) -> int:
        """Returns how many calls and streams are under way; 0 if Envoy does not answer."""
        lines = (self._ask("GET", ACTIVE) or "").splitlines()
        counts = [line.rpartition(": ")[::2] for line in lines]
        return sum(int(count) for name, count in counts if name.startswith("http.") and not name.startswith(_NOT_CALLS))

    def _ask(self, method: str, path: str) -> str | None:
        connection = http.client.HTTPConnection(*self._place, timeout=TIMEOUT_S)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return text if answer.status == HTTPStatus.OK else None
