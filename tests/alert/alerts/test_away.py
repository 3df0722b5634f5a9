"""Watching while the database is away or comes back older, and what is said while readings are not judged."""

import asyncio

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.alert.alerts import feed
from services.alert.domain import LEVEL_UP
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.alerts import changed, cleared, raised, threshold_alert
from tests.support.mesh import eventually, start_beside
from tests.support.refusals import refused

Message = pb2.WatchAlertsResponse


@pytest.fixture(autouse=True)
async def well(worker):
    """Readings are judged, and the worker has heard of it."""
    await eventually(lambda: is_healthy(worker), 30)


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


async def test_readings_that_are_not_judged_are_named_to_those_who_watch(worker, mesh):
    watcher = worker.watch()
    assert list((await watcher.next()).degraded) == []
    await mesh.stop(REALTIME)
    try:
        message = await noted(watcher, "LOG_AWAY: ")
        state = await worker.alerts.GetEvaluation(pb2.GetEvaluationRequest())
        assert (state.healthy, list(state.problems)) == (False, list(message.degraded))
    finally:
        await start_beside(mesh, "realtime")
    await noted(watcher, "")


async def test_those_who_watch_hear_that_location_is_away(worker, mesh):
    watcher = worker.watch()
    await watcher.next()
    await mesh.stop(LOCATION)
    try:
        await noted(watcher, "LOCATION_STALE since 20")
    finally:
        await mesh.start(LOCATION)
    await noted(watcher, "")
