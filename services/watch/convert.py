"""Between protobuf and what is shown. Pure."""

from datetime import UTC
from typing import Any

from montrg.alert.v1 import alert_service_pb2 as alert_pb2
from montrg.realtime.v1 import realtime_service_pb2 as realtime_pb2

from services.watch.board import Alerted, Measured
from services.watch.domain import GOOD, STALE, SUSPECT, Alert, Seen, Wanted, Where, judged

_QUALITIES = {
    realtime_pb2.Measurement.GOOD: GOOD,
    realtime_pb2.Measurement.SUSPECT: SUSPECT,
    realtime_pb2.Measurement.STALE: STALE,
}
_METRICS = {"temperature": ("temperature", "°C"), "humidity": ("humidity", "%"), "pcv_temperature": ("felt", "°C")}


def clean(text: str) -> str:
    """Returns a text without what would steer a terminal: names and messages are typed by people."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)


def measurements_wanted(wanted: Wanted, token: str) -> realtime_pb2.WatchMeasurementsRequest:
    """Returns the call for measurements, from where a token says."""
    return realtime_pb2.WatchMeasurementsRequest(
        factory=wanted.factory,
        building=wanted.building,
        floor=wanted.floor,
        loc_id=wanted.loc_id,
        resume_token=token,
    )


def alerts_wanted(wanted: Wanted, token: str) -> alert_pb2.WatchAlertsRequest:
    """Returns the call for alerts, which narrows less than what is wanted may."""
    return alert_pb2.WatchAlertsRequest(factory=wanted.factory, loc_id=wanted.loc_id, resume_token=token)


def measured(message: realtime_pb2.WatchMeasurementsResponse) -> Measured:
    """Returns what the stream of measurements told."""
    return Measured(
        message.kind == message.SNAPSHOT,
        [_seen(each) for each in message.measurements],
        list(message.removed),
        [clean(words) for words in message.degraded],
        message.ymd + message.hh,
    )


def _seen(message: realtime_pb2.Measurement) -> Seen:
    metrics = message.metrics
    level, by = judged(_level(metrics.pcv_temperature), _level(metrics.temperature), _level(metrics.humidity))
    return Seen(
        sensor_id=message.sensor_id,
        where=_where(message.location),
        capture_time=message.capture_time.ToDatetime(UTC),
        # A quality that a newer program knows is no good one here.
        quality=_QUALITIES.get(message.quality, SUSPECT),
        reason=message.quality_reason,
        felt=metrics.pcv_temperature.value if metrics.HasField("pcv_temperature") else None,
        level=level,
        by=by,
        temperature=metrics.temperature.value if metrics.HasField("temperature") else None,
        humidity=metrics.humidity.value if metrics.HasField("humidity") else None,
    )


def _level(metric: realtime_pb2.Metric) -> str | None:
    # One that was not measured has none.
    return metric.level if metric.HasField("level") else None


def alerted(message: alert_pb2.WatchAlertsResponse) -> Alerted:
    """Returns what the stream of alerts told."""
    is_cleared = alert_pb2.Alert.CLEARED
    return Alerted(
        message.kind == message.SNAPSHOT,
        [_alert(each) for each in message.alerts if each.state != is_cleared],
        [each.alert_id for each in message.alerts if each.state == is_cleared],
        [clean(words) for words in message.degraded],
    )


def _alert(message: alert_pb2.Alert) -> Alert:
    return Alert(
        alert_id=message.alert_id,
        level=message.alert_level or None,
        since=message.alert_time.ToDatetime(UTC),
        where=_where(message),
        what=_what(message),
        acknowledged_by=clean(message.acknowledged_by),
        shelved_until=message.shelved_until.ToDatetime(UTC) if message.HasField("shelved_until") else None,
        is_silenced=message.silenced,
        is_recovering=message.state == message.RECOVERING,
        is_suspect=message.suspect,
    )


def _where(message: Any) -> Where:  # noqa: ANN401  a Place and an Alert name them alike
    return Where(
        loc_id=clean(message.loc_id),
        plant=clean(message.plant) or None,
        factory=clean(message.factory) or None,
        building=clean(message.building) or None,
        floor=message.floor if message.HasField("floor") else None,
        area=clean(message.area) or None,
    )


def _what(message: alert_pb2.Alert) -> str:
    if message.alert_type == "manual":
        return clean(message.message)
    if message.alert_type != "threshold":
        words = {"no_data": "is silent", "suspect": "sends what cannot be trusted"}
        return f"{message.sensor_id} {words.get(message.alert_type, clean(message.message))}"
    name, unit = _METRICS.get(message.threshold_type, (clean(message.threshold_type), ""))
    return f"{name} {message.measured_value:.1f} {unit}".rstrip()
