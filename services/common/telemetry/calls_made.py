"""Counts the calls that a process makes of its neighbours, as those that it serves are counted."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc
from prometheus_client import Counter, Histogram

from services.common.telemetry.calls_served import BUCKETS
from services.common.telemetry.exemplars import exemplar
from services.common.telemetry.registry import REGISTRY

_NAMES = ("neighbour", "grpc_type", "grpc_service", "grpc_method")
_STARTED = Counter("grpc_client_started", "Calls of a neighbour that have begun", _NAMES, registry=REGISTRY)
_HANDLED = Counter(
    "grpc_client_handled", "Calls of a neighbour that have ended", (*_NAMES, "grpc_code"), registry=REGISTRY
)
_SECONDS = Histogram(
    "grpc_client_handling_seconds",
    "Time from the beginning of a call of a neighbour to its end; of a stream how long it lasted",
    _NAMES,
    registry=REGISTRY,
    buckets=BUCKETS,
)


class _Made:
    """The figures of one method of a neighbour."""

    __slots__ = ("_handled", "_names", "_seconds", "_started")

    def __init__(self, neighbour: str, kind: str, method: str | bytes) -> None:
        path = method.decode() if isinstance(method, bytes) else method
        service, _, name = path.removeprefix("/").partition("/")
        self._names = (neighbour, kind, service, name)
        self._started = _STARTED.labels(*self._names)
        self._seconds = _SECONDS.labels(*self._names)
        self._handled: dict[grpc.StatusCode, Counter] = {}

    def began(self) -> float:
        self._started.inc()
        return time.perf_counter()

    def ended(self, code: grpc.StatusCode, start: float) -> None:
        handled = self._handled.get(code)
        if handled is None:
            handled = self._handled[code] = _HANDLED.labels(*self._names, code.name)
        handled.inc()
        self._seconds.observe(time.perf_counter() - start, exemplar())


class CountedCalls(grpc.aio.UnaryUnaryClientInterceptor):
    """Counts the calls of one neighbour. The first of the interceptors, so that it hears what the others refuse."""

    def __init__(self, neighbour: str) -> None:
        self._neighbour = neighbour
        # Methods are those of our contracts.
        self._methods: dict[str | bytes, _Made] = {}

    async def intercept_unary_unary(
        self,
        continuation: Any,  # noqa: ANN401
        client_call_details: Any,  # noqa: ANN401
        request: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  grpc's untyped call
        """Waits for the call's end."""
        method = client_call_details.method
        made = self._methods.get(method)
        if made is None:
            made = self._methods[method] = _Made(self._neighbour, "unary", method)
        start, code = made.began(), grpc.StatusCode.CANCELLED
        call = None
        try:
            call = await continuation(client_call_details, request)
            code = await call.code()
        except grpc.aio.AioRpcError as error:
            code = error.code()
            raise
        except asyncio.CancelledError:
            if call is not None:
                call.cancel()
            raise
        finally:
            made.ended(code, start)
        return call


def count_streams(channel: Any, neighbour: str) -> None:  # noqa: ANN401  grpc's channel, or a renewing one
    """Has a channel count the streams that are opened over it.

    By no interceptor: grpc gives those who use one a stream of another kind, in which a read that is given up loses
    what comes next.
    """
    open_stream = channel.unary_stream

    def unary_stream(method: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        made = _Made(neighbour, "server_stream", method)
        stream = open_stream(method, *arguments, **named)

        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            start = made.began()
            opened = stream(*arguments, **named)
            opened.add_done_callback(_noting(made, start))
            return opened

        return call

    channel.unary_stream = unary_stream


def _noting(made: _Made, start: float) -> Callable[[Any], None]:
    return lambda call: made.ended(_code(call), start)


def _code(call: Any) -> grpc.StatusCode:  # noqa: ANN401
    """Returns the status of a call that has ended, which there is only a coroutine for that has nothing to wait for."""
    asking = call.code()
    try:
        asking.send(None)
    except StopIteration as answer:
        code: grpc.StatusCode = answer.value
        return code
    asking.close()
    return grpc.StatusCode.UNKNOWN
