"""From stored events to the history's protobuf. Pure."""

from dataclasses import fields

from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert.history.domain import StoredEvent

_NAMES = [field.name for field in fields(StoredEvent) if field.name not in {"state", "traceparent"}]


def event_to_proto(event: StoredEvent) -> pb2.AlertEvent:
    """Converts an event; the history's words for states are lower-case."""
    return pb2.AlertEvent(state=event.state.lower(), **{name: getattr(event, name) for name in _NAMES})
