"""Counts the calls that a process serves, under the names that go-grpc-prometheus has given them."""

import time
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from services.common.telemetry.exemplars import exemplar
from services.common.telemetry.registry import REGISTRY

# Whatever else a caller asks for: their words are no label.
UNKNOWN = "unknown"
# A snapshot takes a millisecond; a deadline ends what takes longer than half a minute.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_NAMES = ("grpc_type", "grpc_service", "grpc_method")
_STARTED = Counter("grpc_server_started", "Calls that have begun", _NAMES, registry=REGISTRY)
_HANDLED = Counter("grpc_server_handled", "Calls that have ended", (*_NAMES, "grpc_code"), registry=REGISTRY)
_RECEIVED = Counter("grpc_server_msg_received", "Messages of callers", _NAMES, registry=REGISTRY)
_SENT = Counter("grpc_server_msg_sent", "Messages to callers", _NAMES, registry=REGISTRY)
_UNDER_WAY = Gauge("grpc_server_in_flight", "Calls under way", ("grpc_type",), registry=REGISTRY)
_SECONDS = Histogram(
    "grpc_server_handling_seconds",
    "Time from a call's beginning to its end; of a stream how long it lasted",
    _NAMES,
    registry=REGISTRY,
    buckets=BUCKETS,
)


class Served:
    """The figures of one method. Looking up labels takes longer than counting, so it is done once."""

    __slots__ = ("_handled", "_names", "_seconds", "_started", "_under_way", "received", "sent")

    def __init__(self, names: tuple[str, str, str]) -> None:
        self._names = names
        self._started = _STARTED.labels(*names)
        self._seconds = _SECONDS.labels(*names)
        self._under_way = _UNDER_WAY.labels(names[0])
        self._handled: dict[str, Counter] = {}
        self.received = _RECEIVED.labels(*names).inc
        self.sent = _SENT.labels(*names).inc

    def began(self) -> float:
        """Counts a call that begins, and returns when that was."""
        self._started.inc()
        self._under_way.inc()
        return time.perf_counter()

    def ended(self, code: str, seconds: float) -> None:
        """Counts a call that has ended with a status such as NOT_FOUND."""
        handled = self._handled.get(code)
        if handled is None:
            handled = self._handled[code] = _HANDLED.labels(*self._names, code)
        handled.inc()
        self._under_way.dec()
        self._seconds.observe(seconds, exemplar())


class Uncounted:
    """Calls that nobody counts."""

    def began(self) -> float:
        """Returns the time."""
        return time.perf_counter()

    def ended(self, code: str, seconds: float) -> None:
        """Counts nothing."""

    def received(self) -> None:
        """Counts nothing."""

    def sent(self) -> None:
        """Counts nothing."""


UNCOUNTED = Uncounted()
_METHODS: dict[str, Served] = {}


def served(method: str, handler: Any) -> Served:  # noqa: ANN401  grpc's untyped handler
    """Returns the figures of a method by its path; without a handler it is one that does not exist."""
    key = method if handler is not None else UNKNOWN
    found = _METHODS.get(key)
    if found is None:
        service, _, name = method.removeprefix("/").partition("/")
        names = (_type(handler), service, name) if handler is not None else ("unary", UNKNOWN, UNKNOWN)
        found = _METHODS[key] = Served(names)
    return found


def _type(handler: Any) -> str:  # noqa: ANN401
    kinds = {
        (False, False): "unary",
        (True, False): "client_stream",
        (False, True): "server_stream",
        (True, True): "bidi_stream",
    }
    return kinds[bool(handler.request_streaming), bool(handler.response_streaming)]
