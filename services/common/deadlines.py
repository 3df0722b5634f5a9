"""How long a call's own caller waits, so that what the call asks of others takes no longer than that.

The time is kept for the task of each call, and for the tasks that it starts. What is done beside calls has no such end.
A statement at the database needs nothing of this: a call whose time is over is cancelled, and its statement with it.
"""

import time
from contextvars import ContextVar
from typing import Any

import grpc

# How long Envoy waits, which a caller over REST cannot say. Whoever sends it themselves can only have less time.
EXPECTED = "x-envoy-expected-rq-timeout-ms"
# What a neighbour answers in the last moment would come too late to be passed on.
RESERVE_S = 0.02

_end: ContextVar[float | None] = ContextVar("end", default=None)


def began(context: Any) -> None:  # noqa: ANN401  grpc's untyped context
    """Keeps for the call of this task until when its caller waits."""
    known = [context.time_remaining(), *_expected(context.invocation_metadata())]
    left = [seconds for seconds in known if seconds is not None]
    _end.set(time.monotonic() + min(left) if left else None)


def remaining() -> float | None:
    """Returns the seconds that are left for what this call asks of others; None if nobody waits."""
    end = _end.get()
    return None if end is None else end - RESERVE_S - time.monotonic()


def _expected(metadata: Any) -> list[float]:  # noqa: ANN401  pairs of names and values, or None
    values = [str(value) for key, value in metadata or () if key == EXPECTED]
    return [int(value) / 1000 for value in values if value.isascii() and value.isdigit() and len(value) < 10]


class ShrinkingDeadline(grpc.aio.UnaryUnaryClientInterceptor):
    """Gives a call no more time than the call has that makes it, and does not send it where none is left."""

    async def intercept_unary_unary(
        self,
        continuation: Any,  # noqa: ANN401
        client_call_details: Any,  # noqa: ANN401
        request: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  grpc's untyped call
        """Shortens the time, or raises the AioRpcError that a call gets whose time is over."""
        left = remaining()
        if left is None:
            return await continuation(client_call_details, request)
        if left <= 0:
            nothing = grpc.aio.Metadata()
            words = "the time of the call that this one is for is over"
            raise grpc.aio.AioRpcError(grpc.StatusCode.DEADLINE_EXCEEDED, nothing, nothing, words)
        asked = client_call_details.timeout
        shortened = client_call_details._replace(timeout=left if asked is None else min(asked, left))
        return await continuation(shortened, request)
