"""What the writer of alerts does for everybody whose transaction adds an event."""

from datetime import UTC, datetime

import pytest

from services.alert.domain import COMMENTED, NOTIFIED
from services.alert.writer import Event, add_events, raise_alerts
from tests.support.alerts import raised, threshold_alert


@pytest.fixture(scope="module")
async def alert(connection):
    (alert,) = await raised(connection, threshold_alert("S-1"))
    return alert


async def test_what_happens_to_an_alert_is_on_disk_before_others_learn_of_it(connection, alert):
    """Whatever the transaction had chosen: others number their own by the alert and its event."""
    changes = (
        lambda: raise_alerts(connection, [threshold_alert("S-2")]),
        lambda: add_events(connection, [Event(alert.alert_id, COMMENTED, datetime.now(UTC))]),
    )
    for change in changes:
        async with connection.transaction():
            await connection.execute("SET LOCAL synchronous_commit = off")
            await change()
            assert await connection.fetchval("SHOW synchronous_commit") == "on"


async def test_new_alerts_come_back_in_their_order_each_with_its_event(connection):
    made = await raised(connection, *(threshold_alert(f"N-{n}") for n in (3, 1, 2)))
    assert [alert.sensor_id for alert in made] == ["N-3", "N-1", "N-2"]
    query = """
        SELECT event_seq, event_type, event_time, state, level, sensor_id, factory, area, note, measured_value
        FROM alert.alert_event WHERE alert_id = $1
    """
    for alert in made:
        (event,) = await connection.fetch(query, alert.alert_id)
        what = (alert.event_seq, "raised", alert.alert_time, "ACTIVE", "orange")
        assert tuple(event) == (*what, alert.sensor_id, "F1", "A", alert.message, 33.5)


async def test_what_asks_for_no_message_is_planned_for_from_the_beginning(connection, alert):
    async with connection.transaction():
        await add_events(connection, [Event(alert.alert_id, NOTIFIED, datetime.now(UTC))], planned=True)
        await add_events(connection, [Event(alert.alert_id, COMMENTED, datetime.now(UTC))])
    query = "SELECT event_type, planned FROM alert.alert_event WHERE alert_id = $1 AND event_seq > 1 ORDER BY event_seq"
    found = [tuple(row) for row in await connection.fetch(query, alert.alert_id)]
    assert found[-2:] == [(NOTIFIED, True), (COMMENTED, False)]
