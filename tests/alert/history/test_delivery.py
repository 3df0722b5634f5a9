"""Delivery to a history that is down, killed, set back or refusing: nothing is lost, and nothing comes twice."""

import asyncio
import os
import random
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import asyncpg

from services.alert.domain import LEVEL_DOWN, LEVEL_UP, Alert
from services.alert.history import repository, service
from services.alert.history.repository import SqlOutbox
from services.alert.history.upkeep import HistoryUpkeep
from services.common import delivery
from services.common.database import Database
from tests.conftest import service_url
from tests.support.alerts import changed, cleared, raised, threshold_alert
from tests.support.mesh import eventually

ROOT = Path(__file__).resolve().parents[3]
SEED = 20260715


async def live_through(admin_url, number, steps):
    """Raises alerts and lets things happen to them, at random, over a connection of its own."""
    chance = random.Random(SEED + number)
    connection = await asyncpg.connect(admin_url)
    alerts: list[Alert] = []
    for step in range(steps):
        if not alerts or chance.random() < 0.3:
            alerts += await raised(connection, threshold_alert(f"life-{number}-{step}"))
        else:
            alert = chance.choice(alerts)
            if chance.random() < 0.2:
                await cleared(connection, alert)
                alerts.remove(alert)
            else:
                await changed(connection, alert, chance.choice((LEVEL_UP, LEVEL_DOWN)), measured_value=float(step))
    await connection.close()


async def test_an_event_arrives_as_it_is_stored(workers, connection, receiver, everything_arrives):
    (alert,) = await raised(connection, threshold_alert("story", factory="제1공장", floor=-1))
    await changed(connection, alert, LEVEL_UP, alert_level="red", measured_value=35.25)
    await cleared(connection, alert)
    assert await everything_arrives() == 3
    assert [(e.event_type, e.state, e.level) for e in receiver.alerts[alert.alert_id]] == [
        ("raised", "active", "orange"),
        ("level_up", "active", "red"),
        ("cleared", "cleared", "red"),
    ]
    first, second, third = receiver.alerts[alert.alert_id]
    assert first.event_time.ToDatetime(UTC) == alert.alert_time
    assert (first.note, first.measured_value, second.measured_value) == (alert.message, 33.5, 35.25)
    assert (first.sensor_id, first.loc_id, first.alert_type) == ("story", "A-1", "threshold")
    assert (first.threshold_type, first.factory, first.floor) == ("pcv_temperature", "제1공장", -1)
    assert not third.HasField("measured_value")
    assert not third.HasField("actor")


async def test_all_that_happens_at_once_arrives_in_order_from_one_sender_a_shard(
    workers, connection, receiver, everything_arrives, admin_url
):
    await asyncio.gather(*(live_through(admin_url, number, 80) for number in range(4)))
    assert await everything_arrives() == 320
    assert (receiver.gaps, receiver.duplicates, receiver.together) == (0, 0, 0)


async def test_what_happens_while_the_history_is_down_arrives_later(
    workers, connection, receiver, everything_arrives, admin_url
):
    await raised(connection, threshold_alert("before"))
    await everything_arrives()
    await receiver.stop()
    await asyncio.gather(*(live_through(admin_url, number, 60) for number in range(2)))
    assert receiver.calls == [1]
    await receiver.start()
    assert await everything_arrives() == 121
    assert receiver.duplicates == 0


async def test_a_history_that_is_killed_again_and_again_gets_each_event_once(
    workers, connection, receiver, everything_arrives, admin_url
):
    kills = 4
    for turn in range(kills):
        writing = asyncio.gather(*(live_through(admin_url, 2 * turn + number, 40) for number in range(2)))
        receiver.lose_answers = 2
        await eventually(lambda: asyncio.sleep(0, not receiver.lose_answers))
        await receiver.stop()
        await receiver.start()
        await writing
    assert await everything_arrives() == kills * 80
    assert receiver.duplicates > 0, "no answer was lost: the test shows nothing"


async def test_a_backlog_goes_in_parts(workers, connection, receiver, everything_arrives):
    receiver.held = asyncio.Event()
    alerts = await raised(connection, *(threshold_alert(f"backlog-{number}") for number in range(40)))
    for _ in range(40):
        async with connection.transaction():
            for alert in alerts:
                await changed(connection, alert, LEVEL_UP, measured_value=1.0)
    receiver.held.set()
    assert await everything_arrives() == 1_640
    assert max(receiver.calls) <= service.MOST_EVENTS


async def test_a_sender_that_is_killed_leaves_nothing_behind(
    connection, receiver, new_worker, everything_arrives, admin_url
):
    environment = os.environ | {
        "MONTRG_DATABASE_URL": service_url(admin_url, "alert"), "MONTRG_PORT": "0",
        "ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{receiver.port}", "LOCATION_SERVICE_URL": "127.0.0.1:1",
    }  # fmt: skip
    receiver.held = asyncio.Event()
    await raised(connection, *(threshold_alert(f"killed-{number}") for number in range(50)))
    with subprocess.Popen([sys.executable, "-m", "services.alert"], cwd=ROOT, env=environment) as process:
        try:
            async with asyncio.timeout(60):
                await receiver.waiting.wait()
        finally:
            process.kill()
    receiver.held.set()
    receiver.held = None
    worker = new_worker()
    await worker.start()
    try:
        assert await everything_arrives() == 50
    finally:
        await worker.stop()


async def test_a_history_that_was_set_back_gets_again_what_it_lost(workers, connection, receiver, everything_arrives):
    one, other = await raised(connection, threshold_alert("set-back"), threshold_alert("untouched"))
    for step in range(5):
        await changed(connection, one, LEVEL_UP, measured_value=float(step))
    await everything_arrives()
    del receiver.alerts[one.alert_id][2:]
    for alert in (one, other):
        await changed(connection, alert, LEVEL_DOWN, alert_level="yellow")
    assert await everything_arrives() == 9
    assert receiver.gaps in {1, 2}  # a second sender may have come in between


async def test_where_what_is_missing_exists_no_more_the_history_is_told_to_take_the_gap(
    workers, connection, receiver, everything_arrives
):
    one, other = await raised(connection, threshold_alert("gone"), threshold_alert("there"))
    for step in range(5):
        await changed(connection, one, LEVEL_UP, measured_value=float(step))
    await everything_arrives()
    del receiver.alerts[one.alert_id][2:]
    await connection.execute("DELETE FROM alert.alert_event WHERE alert_id = $1 AND event_seq IN (3, 4)", one.alert_id)
    for alert in (one, other):
        await changed(connection, alert, LEVEL_DOWN, alert_level="yellow")

    async def there():
        return receiver.seqs(one.alert_id)[-1] == 7 and receiver.seqs(other.alert_id) == [1, 2]

    await eventually(there)
    assert receiver.seqs(one.alert_id) == [1, 2, 5, 6, 7]
    assert receiver.gaps in {1, 2}  # each sender finds out for itself
    assert receiver.gaps_allowed == {one.alert_id}


async def test_an_alert_that_is_refused_keeps_no_other_one_waiting(
    workers, connection, receiver, everything_arrives, monkeypatch
):
    monkeypatch.setattr(delivery, "ASIDE_S", 2.0)
    monkeypatch.setattr(delivery, "LOOK_EVERY_S", 0.5)
    await receiver.stop()
    alerts = await raised(connection, *(threshold_alert(f"refused-{number}") for number in range(64)))
    receiver.refused = {alerts[0].alert_id}
    await receiver.start()

    async def others_are_there():
        return len(receiver.alerts) == 63

    await eventually(others_are_there)
    receiver.refused = set()
    assert await everything_arrives() == 64


async def test_events_that_are_done_with_are_deleted_after_a_week(connection, admin_url, monkeypatch):
    monkeypatch.setattr(repository, "_DELETE", repository._DELETE.replace("LIMIT 5000", "LIMIT 3"))
    alerts = await raised(connection, *(threshold_alert(f"old-{number}") for number in range(14)))
    ids = [alert.alert_id for alert in alerts]
    old = f"create_time = now() - interval '{repository.KEPT_DAYS} days 1 minute'"
    await connection.execute(f"UPDATE alert.alert_event SET {old} WHERE alert_id = ANY($1)", ids[:12])
    done = "UPDATE alert.alert_event SET delivered = $2, planned = $3 WHERE alert_id = ANY($1)"
    for part, delivered, planned in ((ids[:8], True, True), (ids[8:10], False, True), (ids[10:12], True, False)):
        await connection.execute(done, part, delivered, planned)
    await connection.execute(done, ids[12:], True, True)
    database = Database(service_url(admin_url, "alert"), 1, "test")
    await HistoryUpkeep(SqlOutbox(database), lambda error: False).delete()
    await database.close()
    rows = await connection.fetch("SELECT alert_id FROM alert.alert_event ORDER BY alert_id")
    assert [row[0] for row in rows] == ids[8:]
