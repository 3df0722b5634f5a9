"""Watching while the database is away or comes back older, and what is said while readings are not judged."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.alert.alerts import evaluation, feed
from services.alert.domain import LEVEL_UP
from services.location.app import APP as LOCATION
from tests.support.alerts import changed, cleared, raised, threshold_alert
from tests.support.mesh import eventually
from tests.support.refusals import refused

Message = pb2.WatchAlertsResponse


@pytest.fixture(autouse=True)
async def well(worker, connection):
    """Readings are judged, and the worker has heard of it."""
    await beat(connection, datetime.now(UTC) + timedelta(hours=1))
    await eventually(lambda: is_healthy(worker))


async def beat(connection, moment, shards=range(16)):
    await connection.executemany(
        "INSERT INTO alert.evaluation (shard, beat_time, rule_revision) VALUES ($1, $2, 7)"
        " ON CONFLICT (shard) DO UPDATE SET beat_time = excluded.beat_time",
        [(shard, moment) for shard in shards],
    )


async def is_healthy(worker):
    return (await worker.alerts.GetEvaluation(pb2.GetEvaluationRequest())).healthy


async def noted(watcher, words):
    """Reads on until a message says so, or until none says anything."""
    while True:
        message = await watcher.next()
        if (message.degraded[0].startswith(words) if message.degraded else False) == bool(words):
            return message


async def test_what_happened_while_the_database_was_away_is_told_afterwards(worker, gate, connection):
    stays, goes, grows = await raised(connection, *(threshold_alert(f"away-{n}") for n in range(3)))
    watcher = worker.watch()
    await watcher.next()
    await gate.shut()
    try:
        message = await noted(watcher, "ALERTS_STALE since 20")
        assert list(message.alerts) == []
        late = worker.watch()
        first = await late.next()
        assert stays.alert_id in {alert.alert_id for alert in first.alerts}
        assert first.degraded[0].startswith("ALERTS_STALE since 20")
        await cleared(connection, goes)
        await changed(connection, grows, LEVEL_UP, alert_level="critical")
        flash = await cleared(connection, (await raised(connection, threshold_alert("flash")))[0])
    finally:
        await gate.open()
    told: list[pb2.Alert] = []
    while not any(alert.alert_id == flash.alert_id for alert in told):
        told += (await watcher.next()).alerts
    assert {(a.alert_id, a.state, a.alert_level) for a in told} == {
        (goes.alert_id, pb2.Alert.CLEARED, "orange"),
        (grows.alert_id, pb2.Alert.ACTIVE, "critical"),
        (flash.alert_id, pb2.Alert.CLEARED, "orange"),
    }
    await eventually(lambda: no_notes(worker))


async def no_notes(worker):
    watcher = worker.watch()
    message = await watcher.next()
    watcher.call.cancel()
    return list(message.degraded) == []


async def test_a_database_that_says_nothing_is_not_waited_for(worker, gate, connection, monkeypatch):
    monkeypatch.setattr(feed, "PATIENCE_S", 0.3)
    (known,) = await raised(connection, threshold_alert("silence"))
    await worker.watch().next()
    gate.block()
    try:
        async with asyncio.timeout(5):
            message = await worker.watch().next()
        assert known.alert_id in {alert.alert_id for alert in message.alerts}
        assert message.degraded[0].startswith("ALERTS_STALE since 20")
    finally:
        gate.unblock()
    await eventually(lambda: no_notes(worker))


async def test_a_worker_that_has_read_nothing_yet_says_that_it_is_unavailable(new_worker, gate):
    worker = new_worker()
    await gate.shut()
    try:
        await worker.start()
        assert (await refused(worker.watch().call.read()))[0] == grpc.StatusCode.UNAVAILABLE
        assert (await refused(worker.get(1)))[0] == grpc.StatusCode.UNAVAILABLE
    finally:
        await gate.open()

    async def recovered():
        try:
            return (await worker.watch().next()).kind == Message.SNAPSHOT
        except grpc.aio.AioRpcError:
            return False

    await eventually(recovered)
    await worker.stop()


async def test_a_database_that_was_restored_to_an_older_state_leads_to_a_snapshot(worker, connection):
    older, newer = await raised(connection, threshold_alert("older"), threshold_alert("newer"))
    watcher = worker.watch()
    await watcher.next()
    await connection.execute("DELETE FROM alert.alert WHERE alert_id = $1", newer.alert_id)
    await connection.execute("SELECT pg_notify('alert_event', '')")
    message = await watcher.next()
    assert message.kind == Message.SNAPSHOT
    assert older.alert_id in watcher.shown
    assert newer.alert_id not in watcher.shown


async def test_readings_that_are_not_judged_are_named_to_those_who_watch(worker, connection):
    watcher = worker.watch()
    assert list((await watcher.next()).degraded) == []
    await beat(connection, datetime.now(UTC) - 2 * evaluation.LATE, shards=[3, 9])
    message = await noted(watcher, "EVALUATION_STALE since 20")
    assert "shards 3, 9 are not judged" in message.degraded[0]
    state = await worker.alerts.GetEvaluation(pb2.GetEvaluationRequest())
    assert (state.healthy, list(state.problems), state.rule_revision) == (False, list(message.degraded), 7)
    assert datetime.now(UTC) - state.last_time.ToDatetime(UTC) >= 2 * evaluation.LATE
    await beat(connection, datetime.now(UTC) + timedelta(hours=1))
    await noted(watcher, "")
    await connection.execute("DELETE FROM alert.evaluation")
    await noted(watcher, "EVALUATION_UNKNOWN: no readings have been judged yet")


async def test_those_who_watch_hear_that_location_is_away(worker, mesh):
    watcher = worker.watch()
    await watcher.next()
    await mesh.stop(LOCATION)
    try:
        await noted(watcher, "LOCATION_STALE since 20")
    finally:
        await mesh.start(LOCATION)
    await noted(watcher, "")
