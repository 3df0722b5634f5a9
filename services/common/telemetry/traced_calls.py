"""Tells calls in traces: those that are served, and those that neighbours are asked.

By interceptors of our own: those of OpenTelemetry's library for gRPC take a refusal of ours, which comes with details,
for a success; give a stream to its caller that can be neither read() nor cancelled; and tell callers' addresses.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import grpc

from services.common.telemetry import tracing
from services.common.telemetry.tracing import CLIENT, SERVER, TRACEPARENT, Span

STATUS = "rpc.response.status_code"
# By OpenTelemetry's conventions these are the server's mistakes; all others are their caller's, who can tell.
_FAILED = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "ABORTED_BY_HANDLER"}
)


def _names(method: str) -> tuple[str, dict[str, str]]:
    name = method.removeprefix("/")
    return name, {"rpc.system.name": "grpc", "rpc.method": name}


def serving(method: str, traceparent: str) -> AbstractContextManager[Span]:
    """Tells a call that is served, as a part of its caller's trace if that has one."""
    return _serving(method, traceparent) if tracing.is_on() else tracing.span(method)


@contextmanager
def _serving(method: str, traceparent: str) -> Iterator[Span]:
    name, attributes = _names(method)
    with ExitStack() as stack:
        if traceparent:
            stack.enter_context(tracing.continued(traceparent))
        yield stack.enter_context(tracing.span(name, attributes, kind=SERVER))


def answered(span: Span, code: str) -> None:
    """Tells how a call ended."""
    span.set_attribute(STATUS, code)
    if code in _FAILED:
        span.failed(code)


class TracedCalls(grpc.aio.UnaryUnaryClientInterceptor):
    """Tells the calls that neighbours are asked, and has them go on with the trace.

    Streams are followed for hours on behalf of nobody: they belong to no trace.
    """

    async def intercept_unary_unary(
        self,
        continuation: Any,  # noqa: ANN401
        client_call_details: Any,  # noqa: ANN401
        request: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  grpc's untyped call
        """Passes the trace on, and waits for the answer to tell how the call ended."""
        if not tracing.is_on():
            return await continuation(client_call_details, request)
        method = client_call_details.method
        name, attributes = _names(method.decode() if isinstance(method, bytes) else method)
        with tracing.span(name, attributes, kind=CLIENT) as span:
            metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()))
            if traceparent := tracing.carried():
                metadata[TRACEPARENT] = traceparent
            call = await continuation(client_call_details._replace(metadata=metadata), request)
            try:
                code = await call.code()
            except asyncio.CancelledError:
                call.cancel()
                raise
            span.set_attribute(STATUS, code.name)
            if code is not grpc.StatusCode.OK:
                span.failed(code.name)
            return call
