"""From events to JSON, as Envoy would write it: the same names in the same order. Pure."""

from collections.abc import Sequence

import orjson
from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.domain import AlertEvent

_NAMES = tuple(field.name for field in pb2.AlertEvent.DESCRIPTOR.fields)


def events(found: Sequence[AlertEvent]) -> HttpBody:
    """Returns events as an array; what is None is left out."""
    text = orjson.dumps([_members(event) for event in found], option=orjson.OPT_UTC_Z)
    return HttpBody(content_type="application/json", data=text)


def _members(event: AlertEvent) -> dict[str, object]:
    event_id, alert_id, event_seq, event_time, kind, *others = event
    values = (str(event_id), alert_id, event_seq, event_time, *kind, *others)
    return {name: value for name, value in zip(_NAMES, values, strict=True) if value is not None}
