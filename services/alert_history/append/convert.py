"""From protobuf to events as they were sent. Pure."""

from typing import Any

from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.append.checks import Sent
from services.common.times import time_or_none

_OPTIONAL = (
    *("sensor_id", "threshold_type", "measured_value", "actor", "note"),
    *("plant", "factory", "building", "floor", "area"),
)


def sent(event: pb2.AlertEvent) -> Sent:
    """Returns an event as it was sent."""
    optional: dict[str, Any] = {name: getattr(event, name) if event.HasField(name) else None for name in _OPTIONAL}
    return Sent(
        event_id=event.event_id,
        alert_id=event.alert_id,
        event_seq=event.event_seq,
        event_time=time_or_none(event, "event_time"),
        event_type=event.event_type,
        state=event.state,
        level=event.level,
        alert_type=event.alert_type,
        loc_id=event.loc_id,
        **optional,
    )
