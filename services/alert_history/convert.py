"""From events to protobuf. Pure."""

from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.domain import AlertEvent


def event_to_proto(event: AlertEvent) -> pb2.AlertEvent:
    """Converts an event."""
    kind = event.kind
    return pb2.AlertEvent(
        event_id=str(event.event_id),
        alert_id=event.alert_id,
        event_seq=event.event_seq,
        event_time=event.event_time,
        event_type=kind.event_type,
        state=kind.state,
        level=kind.level,
        alert_type=kind.alert_type,
        sensor_id=event.sensor_id,
        loc_id=event.loc_id,
        threshold_type=event.threshold_type,
        measured_value=event.measured_value,
        actor=event.actor,
        note=event.note,
        plant=event.plant,
        factory=event.factory,
        building=event.building,
        floor=event.floor,
        area=event.area,
        append_time=event.append_time,
    )
