"""A real OpenTelemetry collector's port: it takes spans over OTLP/gRPC and remembers them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc


@dataclass(frozen=True)
class Span:
    """One span; ids are hexadecimal, as in a traceparent. `links` are (trace_id, span_id)."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    attributes: dict[str, Any]
    resource: dict[str, Any]
    links: list[tuple[str, str]]
    status: int
    start: int


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Remembers what it is told."""

    def __init__(self, is_secure: bool) -> None:
        self._scheme = "https" if is_secure else "http"
        self.spans: list[Span] = []
        self.port = 0

    @property
    def endpoint(self):
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def Export(self, request: Any, context: Any) -> pb2.ExportTraceServiceResponse:  # noqa: N802  the contract's name
        for group in request.resource_spans:
            resource = _values(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_span(span, resource) for span in scope.spans]
        return pb2.ExportTraceServiceResponse()

    def of(self, trace_id):
        return [span for span in self.spans if span.trace_id == trace_id]

    def await_spans(self, wanted: Callable[[list[Span]], Any], seconds: float = 20.0) -> Any:
        """Waits until `wanted`, which is given all spans, returns something, and returns it."""
        end = time.monotonic() + seconds
        while not (found := wanted(list(self.spans))):
            told = sorted({(span.service, span.name) for span in self.spans})
            assert time.monotonic() < end, told
            time.sleep(0.05)
        return found


def _span(span, resource):
    return Span(
        service=resource.get("service.name", ""),
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        kind=span.kind,
        attributes=_values(span.attributes),
        resource=resource,
        links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        status=span.status.code,
        start=span.start_time_unix_nano,
    )


def _values(attributes):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in attributes}


@contextmanager
def collecting(credentials: grpc.ServerCredentials | None = None) -> Iterator[Collector]:
    """Runs a collector in threads of its own until the block ends, in plaintext without credentials."""
    collector = Collector(credentials is not None)
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    address = "127.0.0.1:0"
    collector.port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()
