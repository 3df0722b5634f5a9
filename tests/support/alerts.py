"""Alerts of readings, raised and changed as the evaluator does: through the writer, in the database."""

from dataclasses import replace
from datetime import UTC, datetime

from services.alert.domain import CLEARED, CLEARS, NORMAL, Alert
from services.alert.writer import Event, change_alerts, lock_alerts, raise_alerts


def threshold_alert(sensor_id, level="orange", **fields):
    """The fields of an alert that a reading raised just now."""
    return {
        "alert_time": datetime.now(UTC), "loc_id": "A-1", "sensor_id": sensor_id, "alert_type": "threshold",
        "alert_level": level, "highest_level": level, "threshold_id": 3, "threshold_type": "pcv_temperature",
        "threshold_level": level, "measured_value": 33.5, "threshold_min": 33.0, "threshold_max": 35.0,
        "message": f"{sensor_id} measures too much", "state": "ACTIVE", "peak_value": 33.5, "plant": "P",
        "factory": "F1", "building": "B", "floor": 1, "area": "A",
    } | fields  # fmt: skip


async def raised(connection, *rows):
    """Raises alerts in a transaction of their own."""
    async with connection.transaction():
        return await raise_alerts(connection, rows)


async def changed(connection, alert, event_type, **fields):
    """Changes an alert, and says so in an event."""
    async with connection.transaction():
        (locked,) = await lock_alerts(connection, [alert.alert_id])
        event = Event(alert.alert_id, event_type, datetime.now(UTC), fields.get("measured_value"))
        await change_alerts(connection, list(fields), [{"alert_id": alert.alert_id, **fields}], [event])
    return replace(locked, **{name: value for name, value in fields.items() if name in Alert.__slots__})


async def cleared(connection, alert):
    """Clears an alert by good readings."""
    moment = datetime.now(UTC)
    return await changed(connection, alert, CLEARS, state=CLEARED, clear_time=moment, clear_reason=NORMAL)
