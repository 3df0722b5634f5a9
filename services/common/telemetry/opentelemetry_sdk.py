"""Tells traces by OpenTelemetry's SDK, in the background. Imported only where a collector is given."""

import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.common.telemetry.collector import Collector
from services.common.telemetry.tracing import SERVER, TRACEPARENT

NAMESPACE = "montrg"
CLOSE_MS = 1_000
# A collector that is away is no news a minute later.
SAY_EVERY_S = 60.0
# Names of before the conventions on databases became stable would be told else.
_STABLE = ("OTEL_SEMCONV_STABILITY_OPT_IN", "database")
_LOGGERS = (
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
    "opentelemetry.sdk._shared_internal",
)
_PROPAGATOR = TraceContextTextMapPropagator()
# A trace that is not told has no name worth passing on.
_UNTOLD = trace.SpanContext(1, 1, is_remote=True, trace_flags=trace.TraceFlags(0))


class SdkTracer:
    """Satisfies Tracer."""

    def __init__(self, service: str, collector: Collector) -> None:
        os.environ.setdefault(*_STABLE)
        # Imported after that was said: it is read then.
        from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor

        seldom = _OnceAWhile()
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(seldom)
        self._provider = TracerProvider(resource=_resource(service), shutdown_on_exit=False)
        self._provider.sampler = _Asked(self._provider.sampler)
        self._processor = BatchSpanProcessor(_exporter(collector))
        self._provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer("montrg", version("montrg"))
        # Below SQLAlchemy, which works through it: statements of both are told, and each once.
        instrumentor: Any = AsyncPGInstrumentor
        instrumentor().instrument(tracer_provider=self._provider)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Any], kind: str, links: Sequence[str]) -> Iterator["_Span"]:
        """Tells what is done within."""
        begun: dict[str, Any] = {
            "kind": trace.SpanKind[kind],
            "links": [trace.Link(_context_of(link)) for link in links],
            "attributes": attributes,
        }
        # Of an error its words may tell what nobody but the caller may know.
        with self._tracer.start_as_current_span(
            name, **begun, record_exception=False, set_status_on_exception=False
        ) as span:
            told = _Span(span)
            try:
                yield told
            except Exception as error:
                # How a call that is served ends is told by its status: most errors are refusals.
                if kind != SERVER:
                    told.failed(type(error).__name__)
                raise

    @contextmanager
    def continued(self, traceparent: str) -> Iterator[None]:
        """Has what is done within be a part of another trace; of none yet if the words are no traceparent."""
        found = _context_of(traceparent) if traceparent else _UNTOLD
        token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(found)))
        try:
            yield
        finally:
            context.detach(token)

    def current(self) -> tuple[str, str] | None:
        """Returns the ids of the present trace and span, if they are told."""
        present = trace.get_current_span().get_span_context()
        if not (present.is_valid and present.trace_flags.sampled):
            return None
        return trace.format_trace_id(present.trace_id), trace.format_span_id(present.span_id)

    def carried(self) -> str:
        """Returns what has others continue the present span, or not tell theirs; nothing where there is none."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get(TRACEPARENT, "")

    def close(self) -> None:
        """Sends what waits, if that can be done soon."""
        # The provider's own waits for half a minute.
        self._processor._batch_processor.shutdown(CLOSE_MS)  # noqa: SLF001


class _Span:
    """Satisfies Span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set_attribute(self, key: str, value: str | float) -> None:
        self._span.set_attribute(key, value)

    def failed(self, words: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, words)


class _Asked(sampling.Sampler):
    """Begins traces with what somebody asks for; what a process asks by itself, such as polls, begins none.

    What is done for others, that it has links to, is told if one of those is.
    """

    def __init__(self, inner: sampling.Sampler) -> None:
        self._inner = inner

    def should_sample(  # noqa: PLR0917  the SDK's own
        self,
        parent_context: context.Context | None,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        attributes: Any = None,  # noqa: ANN401
        links: Sequence[trace.Link] | None = None,
        trace_state: trace.TraceState | None = None,
    ) -> sampling.SamplingResult:
        """Decides about a span that begins."""
        if not trace.get_current_span(parent_context).get_span_context().is_valid:
            if links:
                told = any(link.context.trace_flags.sampled for link in links)
                decision = sampling.Decision.RECORD_AND_SAMPLE if told else sampling.Decision.DROP
                return sampling.SamplingResult(decision, attributes)
            if kind is trace.SpanKind.CLIENT:
                return sampling.SamplingResult(sampling.Decision.DROP)
        return self._inner.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        """Returns what it is called."""
        return f"Asked({self._inner.get_description()})"


class _OnceAWhile(logging.Filter):
    """Lets the words through by which the SDK says that it loses spans, but not for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self._said = -SAY_EVERY_S

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if record.levelno < logging.WARNING or now - self._said >= SAY_EVERY_S:
            self._said = now if record.levelno >= logging.WARNING else self._said
            return True
        return False


def _exporter(collector: Collector) -> OTLPSpanExporter:
    """Tells whom Envoy tells: the SDK by itself would take another port and other authorities where none are given."""
    if collector.authorities is None:
        return OTLPSpanExporter(collector.address, insecure=True)
    os.environ["OTEL_EXPORTER_OTLP_CERTIFICATE"] = str(collector.authorities)
    return OTLPSpanExporter(collector.address, insecure=False)


def _resource(service: str) -> Resource:
    """Says who tells: what OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say counts before ours."""
    ours = {
        "service.name": f"montrg-{service.replace('_', '-')}",
        "service.namespace": NAMESPACE,
        "service.instance.id": str(uuid.uuid4()),
        "service.version": version("montrg"),
    }
    return Resource.create(ours).merge(OTELResourceDetector().detect())


def _context_of(traceparent: str) -> trace.SpanContext:
    found = _PROPAGATOR.extract({TRACEPARENT: traceparent}, context.Context())
    return trace.get_current_span(found).get_span_context()
