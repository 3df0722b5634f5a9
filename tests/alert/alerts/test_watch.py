"""Watching alerts, as gRPC clients of two workers see it."""

import asyncio

import asyncpg
import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.alert.alerts import watch
from services.alert.domain import LEVEL_DOWN, LEVEL_UP, RECOVERS
from services.alert.writer import change_alerts, note_values
from services.common.watching import stream
from tests.support.alerts import changed, cleared, raised, threshold_alert
from tests.support.refusals import refused
from tests.support.worker import PATIENCE_S

Message = pb2.WatchAlertsResponse


def ids(message):
    return [alert.alert_id for alert in message.alerts]


@pytest.fixture(autouse=True)
def no_margin(monkeypatch):
    """The clock of these tests is never set back, so nothing need be told once more."""
    monkeypatch.setattr(watch, "MARGIN_US", 0)


async def test_a_snapshot_has_all_that_is_open_as_the_list_has_it_and_then_changes_come(worker, connection):
    first, second = await raised(connection, threshold_alert("first"), threshold_alert("second", "red"))
    over = await cleared(connection, (await raised(connection, threshold_alert("over")))[0])
    watcher = worker.watch()
    snapshot = await watcher.next()
    listed = await worker.alerts.ListAlerts(pb2.ListAlertsRequest(state="open", limit=1000))
    assert snapshot.kind == Message.SNAPSHOT
    assert list(snapshot.alerts) == list(listed.alerts)
    assert over.alert_id not in watcher.shown
    await changed(connection, first, LEVEL_UP, alert_level="critical", highest_level="critical")
    change = await watcher.next()
    assert (change.kind, ids(change), change.alerts[0].alert_level) == (Message.CHANGES, [first.alert_id], "critical")
    await cleared(connection, second)
    last = await watcher.next()
    assert [(a.alert_id, a.state, a.clear_reason) for a in last.alerts] == [
        (second.alert_id, pb2.Alert.CLEARED, "normal")
    ]


async def test_what_is_done_at_one_worker_is_seen_at_the_other_and_in_the_next_snapshot(workers):
    watcher = workers[1].watch()
    await watcher.next()
    for _ in range(10):
        alert = await workers[0].create()
        fresh = workers[1].watch()
        assert alert.alert_id in ids(await fresh.next())
        fresh.call.cancel()
        await watcher.until(lambda shown, alert=alert: alert.alert_id in shown)
        request = pb2.AcknowledgeAlertRequest(alert_id=alert.alert_id, actor="Kim")
        await workers[0].alerts.AcknowledgeAlert(request)
        await watcher.until(lambda shown, alert=alert: shown[alert.alert_id].acknowledged_by == "Kim")
        await workers[0].alerts.ResolveAlert(pb2.ResolveAlertRequest(alert_id=alert.alert_id, actor="Kim"))
        await watcher.until(lambda shown, alert=alert: alert.alert_id not in shown)


async def test_filters_show_what_fits_alone_and_a_lower_level_a_last_time(worker, connection):
    here = threshold_alert("here", "red", loc_id="B-1", factory="F2")
    there = threshold_alert("there", "red")
    mild = threshold_alert("mild", "yellow", loc_id="B-1", factory="F2")
    alert, other, faint = await raised(connection, here, there, mild)
    by_factory, by_place = worker.watch(factory="F2"), worker.watch(loc_id="B-1", level="high")
    assert ids(await by_factory.next()) == [faint.alert_id, alert.alert_id]
    assert ids(await by_place.next()) == [alert.alert_id]
    await cleared(connection, other)
    await changed(connection, faint, RECOVERS, state="RECOVERING")
    await changed(connection, alert, LEVEL_DOWN, alert_level="yellow")
    await by_place.until(lambda shown: shown[alert.alert_id].alert_level == "yellow")
    await by_factory.until(lambda shown: shown[alert.alert_id].alert_level == "yellow")
    assert by_factory.shown[faint.alert_id].state == pb2.Alert.RECOVERING
    await changed(connection, alert, LEVEL_UP, alert_level="critical")
    await by_place.until(lambda shown: shown[alert.alert_id].alert_level == "critical")
    assert by_place.shown.keys() == {alert.alert_id}


async def test_a_commit_that_comes_late_is_not_passed_over(worker, connection, admin_url):
    slow = await asyncpg.connect(admin_url)
    watcher = worker.watch()
    await watcher.next()
    transaction = slow.transaction()
    await transaction.start()
    (late,) = await raised(slow, threshold_alert("late"))
    quick_ids = []
    for number in range(5):
        (quick,) = await raised(connection, threshold_alert(f"quick-{number}"))
        await watcher.until(lambda shown, quick=quick: quick.alert_id in shown)
        quick_ids.append(quick.alert_id)
    assert late.alert_id < min(quick_ids)
    token = watcher.token
    await transaction.commit()
    await watcher.until(lambda shown: late.alert_id in shown)
    again = worker.watch(resume_token=token)
    told = ids(await again.next())
    assert late.alert_id in told
    assert not set(quick_ids[:-1]) & set(told)  # the last look's own news may come twice
    await slow.close()


async def test_a_stream_goes_on_with_its_token_at_either_worker(workers, connection):
    gone, kept, stays = await raised(connection, *(threshold_alert(f"resume-{n}") for n in range(3)))
    for worker in workers:  # both have seen it before the token is given
        await worker.watch().next()
    watcher = workers[0].watch()
    await watcher.next()
    assert {gone.alert_id, kept.alert_id, stays.alert_id} <= watcher.shown.keys()
    watcher.call.cancel()
    await cleared(connection, gone)
    await changed(connection, kept, LEVEL_UP, alert_level="critical")
    for worker in workers:
        again = worker.watch(resume_token=watcher.token)
        first = await again.next()
        assert (first.kind, set(ids(first))) == (Message.CHANGES, {gone.alert_id, kept.alert_id})
        again.call.cancel()


async def test_a_worker_that_has_come_since_sends_a_snapshot(workers, new_worker, connection):
    watcher = workers[0].watch()
    await watcher.next()
    fresh = new_worker()
    await fresh.start()
    try:
        assert (await fresh.watch(resume_token=watcher.token).next()).kind == Message.SNAPSHOT
    finally:
        await fresh.stop()


def shows(alert, *values):
    """Tells whether an alert is shown with a measured value, a peak, and whether it cannot be trusted."""

    def check(shown):
        known = shown.get(alert.alert_id)
        return known is not None and (known.measured_value, known.peak_value, known.suspect) == values

    return check


async def test_what_readings_change_of_an_alert_without_an_event_is_told_within_seconds_to_all_who_watch(
    workers, connection
):
    (alert,) = await raised(connection, threshold_alert("noted"))
    watchers = [worker.watch() for worker in workers]
    for watcher in watchers:
        await watcher.until(shows(alert, 33.5, 33.5, False))
    await note_values(connection, [(alert.alert_id, 34.4, 36.6, True)], 7)
    async with asyncio.timeout(4):
        for watcher in watchers:
            await watcher.until(shows(alert, 34.4, 36.6, True))
    assert watchers[0].shown[alert.alert_id].rule_revision == 7
    async with connection.transaction():  # as other rules do
        await change_alerts(connection, ["threshold_min"], [{"alert_id": alert.alert_id, "threshold_min": 34.0}])
    async with asyncio.timeout(4):
        await watchers[0].until(lambda shown: shown[alert.alert_id].threshold_min == 34.0)
    assert watchers[0].shown[alert.alert_id].event_seq == 1


async def test_many_new_values_are_told_about_once_a_second_and_the_same_again_never(worker, connection):
    (alert,) = await raised(connection, threshold_alert("busy"))
    watcher = worker.watch()
    await watcher.until(lambda shown: alert.alert_id in shown)
    told = 0

    async def count():
        nonlocal told
        while not shows(alert, 40.0, 40.0, False)(watcher.shown):
            told += alert.alert_id in ids(await watcher.next())

    counting = asyncio.create_task(count())
    for step in range(60):
        await note_values(connection, [(alert.alert_id, 34.0 + step / 10, 40.0, False)], 7)
        await asyncio.sleep(0.05)
    await note_values(connection, [(alert.alert_id, 40.0, 40.0, False)], 7)
    await asyncio.wait_for(counting, 4)
    assert 1 <= told <= 6
    before = await worker.get(alert.alert_id)
    await note_values(connection, [(alert.alert_id, 40.0, 40.0, False)], 7)
    assert (await worker.get(alert.alert_id)).update_time == before.update_time


async def test_nothing_new_is_a_heartbeat_also_after_coming_back(worker, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    watcher = worker.watch()
    await watcher.next()
    async with asyncio.timeout(PATIENCE_S):
        while (message := await watcher.call.read()).kind != Message.HEARTBEAT:
            pass
    assert message.resume_token
    again = worker.watch(resume_token=message.resume_token)
    async with asyncio.timeout(PATIENCE_S):
        first = await again.call.read()
    assert (first.kind, ids(first)) == (Message.HEARTBEAT, [])


async def test_a_reader_that_stops_reading_is_dropped_and_goes_on_with_its_token(worker, connection, monkeypatch):
    monkeypatch.setattr(stream, "SLOW_S", 1.0)
    crowd = await raised(
        connection, *(threshold_alert(f"crowd-{n}", loc_id="A-2", message="m" * 500) for n in range(100))
    )
    slow, quick = worker.watch(loc_id="A-2"), worker.watch(loc_id="A-2")
    await slow.next()
    await quick.next()
    for step in range(20):  # 100 alerts are some 70 kB
        async with connection.transaction():
            for alert in crowd:
                await changed(connection, alert, LEVEL_UP, measured_value=float(step))
        await quick.until(lambda shown, step=step: all(shown[alert.alert_id].measured_value == step for alert in crowd))
    await asyncio.sleep(1.5)  # it is the time without reading that makes it slow
    told = [await slow.next()]
    while told[-1].kind != Message.END:
        told.append(await slow.next())
    assert await refused(slow.next()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, [])
    assert told[-1].reason.startswith("SLOW_READER: ")
    again = worker.watch(loc_id="A-2", resume_token=told[-1].resume_token)
    assert (await again.next()).kind == Message.CHANGES
    slow.shown |= again.shown
    assert {slow.shown[alert.alert_id].measured_value for alert in crowd} == {19.0}


async def test_a_stream_ends_in_good_order_with_its_life_and_with_the_server(new_worker, monkeypatch):
    worker = new_worker()
    await worker.start()
    monkeypatch.setattr(stream, "LIFE_S", 0.3)
    short = worker.watch()
    while (message := await short.next()).kind != Message.END:
        pass
    assert message.reason.startswith("MOVE_ON: ")
    assert await short.next() is None
    monkeypatch.undo()
    watcher = worker.watch()
    await watcher.next()
    stopping = asyncio.create_task(worker.stop())
    while (message := await watcher.next()).kind != Message.END:
        pass
    assert (message.reason, bool(message.resume_token)) == ("SHUTTING_DOWN: call again with resume_token", True)
    await stopping


@pytest.mark.parametrize(
    ("wanted", "code", "fields"),
    [
        ({"factory": "nowhere"}, grpc.StatusCode.NOT_FOUND, []),
        ({"loc_id": "Z-9"}, grpc.StatusCode.NOT_FOUND, []),
        ({"factory": "F1", "loc_id": "B-1"}, grpc.StatusCode.NOT_FOUND, []),
        ({"level": "purple"}, grpc.StatusCode.INVALID_ARGUMENT, ["level"]),
        ({"loc_id": "\0"}, grpc.StatusCode.INVALID_ARGUMENT, ["loc_id"]),
        ({"resume_token": "x"}, grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"]),
    ],
)
async def test_what_cannot_be_watched_is_refused_before_anything_is_sent(worker, wanted, code, fields):
    assert await refused(worker.watch(**wanted).call.read()) == (code, fields)


async def test_a_token_of_another_filter_is_refused(worker):
    watcher = worker.watch(factory="F1")
    await watcher.next()
    call = worker.watch(resume_token=watcher.token).call
    assert await refused(call.read()) == (grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"])
