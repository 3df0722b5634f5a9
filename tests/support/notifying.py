"""Alerts, subscriptions and silences as values for the tests of what is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.alert import writer
from services.alert.domain import Alert
from services.alert.silences.domain import Silence
from services.alert.subscriptions.service import BLANK

NOW = datetime(2026, 7, 15, 5, 0, tzinfo=UTC)  # Wednesday, 14:00 in Seoul


def minutes(count):
    return timedelta(minutes=count)


def new_alert(**fields):
    """The fields of a new alert, as the writer takes them."""
    fields = {
        "alert_time": NOW, "loc_id": "A-1", "sensor_id": "S-1", "alert_type": "threshold", "alert_level": "red",
        "threshold_id": 4, "threshold_map_id": None, "threshold_type": "pcv_temperature", "measured_value": 35.25,
        "threshold_min": 35.0, "threshold_max": 38.0, "message": "perceived temperature 35.3", "state": "ACTIVE",
        "plant": "울산", "factory": "제1공장", "building": "A동", "floor": 1, "area": "도장",
    } | fields  # fmt: skip
    defaults = {"threshold_level": fields["alert_level"], "highest_level": fields["alert_level"],
                "peak_value": fields["measured_value"]}  # fmt: skip
    nothing = dict.fromkeys(
        ("clear_time", "clear_reason", "acknowledged_by", "acknowledge_time", "shelved_until", "shelved_level")
    )
    return nothing | defaults | fields


def alert(**fields):
    """An alert as it stands."""
    given = {"alert_id": 7, "silenced": False, "suspect": False, "rule_revision": 1, "event_seq": 1,
             "update_time": NOW, "quiet": False}  # fmt: skip
    return Alert(**(given | new_alert(**{k: v for k, v in fields.items() if k not in given}) | fields))


def subscription(subscription_id=1, **fields):
    """A webhook that wants everything."""
    defaults = {"name": f"S{subscription_id}", "channel": "webhook", "recipient": f"http://127.0.0.1/{subscription_id}"}
    return replace(BLANK, subscription_id=subscription_id, **(defaults | fields))


def silence(**fields):
    """A silence of the factory for an hour from now."""
    blank = Silence(
        silence_id=1, start_time=NOW, end_time=NOW + minutes(60), weekdays=None, start_of_day=None, end_of_day=None,
        zone="Asia/Seoul", plant=None, factory="제1공장", building=None, floor=None, area=None, sensor_id=None,
        alert_type=None, max_level=None, author="김", reason="정비", update_time=NOW,
    )  # fmt: skip
    return replace(blank, **fields)


async def raised(connection, **fields):
    """Raises an alert as the evaluation does; returns it."""
    async with connection.transaction():
        (made,) = await writer.raise_alerts(connection, [new_alert(**fields)])
    return made


async def changed(connection, alert_id, event_type, **fields):
    """Changes an alert as the evaluation and people do."""
    async with connection.transaction():
        (now,) = await writer.lock_alerts(connection, [alert_id])
        event = writer.Event(alert_id, event_type, now.alert_time)
        changes = [{"alert_id": alert_id, **fields}] if fields else []
        await writer.change_alerts(connection, list(fields), changes, [event])


async def story(connection, alert_id):
    """What happened to an alert, by name."""
    query = "SELECT event_type FROM alert.alert_event WHERE alert_id = $1 ORDER BY event_seq"
    return [row[0] for row in await connection.fetch(query, alert_id)]
