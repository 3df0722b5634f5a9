"""Traces: which part of what a caller asked for took how long, in whichever process it was done.

A trace is on its way in gRPC's metadata, in batches of the reading log and in rows of outboxes, as W3C's `traceparent`.
Where no collector is given, nothing of OpenTelemetry is imported, and every function here does nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from services.common.settings import Environment, ServiceSettings
from services.common.telemetry.collector import read_collector

TRACEPARENT = "traceparent"
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"


class Span(Protocol):
    """What is told of something while it is done."""

    def set_attribute(self, key: str, value: str | float) -> None:
        """Tells something that was not known at its beginning."""

    def failed(self, words: str) -> None:
        """Says that it came to nothing; the words tell no more than a log may."""


class Tracer(Protocol):
    """What there is when a collector is given; see services/common/telemetry/opentelemetry_sdk.py."""

    def span(self, name: str, attributes: Mapping[str, Any], kind: str, links: Sequence[str]) -> Any: ...  # noqa: ANN401, D102
    def continued(self, traceparent: str) -> Any: ...  # noqa: ANN401, D102
    def current(self) -> tuple[str, str] | None: ...  # noqa: D102
    def carried(self) -> str: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class _NoSpan:
    def set_attribute(self, key: str, value: str | float) -> None:
        pass

    def failed(self, words: str) -> None:
        pass


class _Process:
    """Whether this process tells traces: one answer for all of it, as for its logs."""

    tracer: Tracer | None = None


_NO_SPAN: AbstractContextManager[Span] = nullcontext(_NoSpan())
_NOTHING: AbstractContextManager[None] = nullcontext()


def setup(settings: ServiceSettings, environment: Environment) -> Callable[[], None]:
    """Begins to tell traces, if OTEL_EXPORTER_OTLP_ENDPOINT is set; returns what sends the last of them.

    That blocks for a second at most. A wrong setting is a SettingsError.
    """
    collector = read_collector(environment)
    if collector is None:
        return lambda: None
    from services.common.telemetry.opentelemetry_sdk import SdkTracer

    tracer = _Process.tracer = SdkTracer(settings.service.name, collector)
    return tracer.close


def span(
    name: str, attributes: Mapping[str, str | float] | None = None, *, kind: str = INTERNAL, links: Sequence[str] = ()
) -> AbstractContextManager[Span]:
    """Tells what is done within as a part of what is under way, or as the beginning of a trace.

    What an error leaves has failed; of the error its class is told, never its words.

    Args:
        name: of few different ones: never with an id in it.
        attributes: named as in OpenTelemetry's conventions. Nothing about persons, and no values of statements.
        kind: SERVER and CONSUMER are asked by another process, CLIENT and PRODUCER ask one.
        links: the `traceparent` of others that this is for, too.
    """
    tracer = _Process.tracer
    return _NO_SPAN if tracer is None else tracer.span(name, attributes or {}, kind, links)


def continued(traceparent: str) -> AbstractContextManager[None]:
    """Has what is done within be a part of another trace: that of who sent `traceparent`.

    An empty one says that the other trace is not told; then what is done within is not told, either.
    """
    tracer = _Process.tracer
    return _NOTHING if tracer is None else tracer.continued(traceparent)


def traceparent() -> str:
    """Returns what has others continue the present span, or nothing where there is none that is told."""
    tracer = _Process.tracer
    return "" if tracer is None or tracer.current() is None else tracer.carried()


def carried() -> str:
    """Returns the `traceparent` for a call to a neighbour: unlike `traceparent()` also one that says not to tell."""
    tracer = _Process.tracer
    return "" if tracer is None else tracer.carried()


def trace_id() -> str:
    """Returns the id of the present trace, 32 hexadecimal digits, or nothing where there is none that is told."""
    tracer = _Process.tracer
    present = None if tracer is None else tracer.current()
    return present[0] if present else ""


def span_id() -> str:
    """Returns the id of the present span, 16 hexadecimal digits, or nothing where there is none that is told."""
    tracer = _Process.tracer
    present = None if tracer is None else tracer.current()
    return present[1] if present else ""


def is_on() -> bool:
    """Tells whether there is anybody to tell traces."""
    return _Process.tracer is not None
