"""Watching, as gRPC clients of two workers see it: snapshots, changes, filters, tokens, and the end of streams."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2

from services.common.watching import stream
from tests.realtime.live.conftest import reading
from tests.support.mesh import eventually
from tests.support.refusals import refused
from tests.support.worker import PATIENCE_S

Message = pb2.WatchMeasurementsResponse


def names(message):
    return [m.sensor_id for m in message.measurements]


async def test_a_snapshot_comes_first_and_then_every_change(worker, register):
    await register("first-1", "first-2")
    await worker.write(reading("first-1"))
    watcher = worker.watch()
    first = await watcher.next()
    assert (first.kind, len(first.ymd), len(first.hh), list(first.degraded)) == (Message.SNAPSHOT, 8, 2, [])
    assert names(first) == sorted(names(first))
    assert watcher.shown["first-1"].metrics.pcv_temperature.level == "orange"
    await worker.write(reading("first-2", 38.0, humidity=50.0))
    change = await watcher.next()
    assert (change.kind, names(change), bool(change.resume_token)) == (Message.CHANGES, ["first-2"], True)
    assert change.measurements[0].metrics.pcv_temperature.level == "red"
    assert change.measurements[0].location.factory == "F1"


async def test_why_a_reading_is_suspect_and_how_wrong_a_clock_is_are_shown(worker, register):
    await register("doubted")
    await worker.write(reading("doubted", 50.0, datetime.now(UTC) - timedelta(seconds=40)))
    measured, _ = await worker.get()
    shown = measured["doubted"]
    assert (shown.quality, shown.quality_reason) == (pb2.Measurement.SUSPECT, "implausible")
    assert -60 < shown.clock_skew_s < -39


async def test_a_filter_shows_what_fits_alone_and_tells_what_moves_away(worker, register, update):
    await register("mover", loc_id="B-1")
    await register("stayer", loc_id="A-2")
    await worker.write(reading("mover"), reading("stayer"))
    here, there = worker.watch(factory="F2"), worker.watch(loc_id="A-2")
    assert names(await here.next()) == ["mover"]
    assert names(await there.next()) == ["stayer"]
    await update("mover", loc_id="A-2")

    async def measures_there():  # as soon as the worker has heard of it
        await worker.write(reading("mover"))
        return "mover" in {m.sensor_id for m in (await worker.at("A-2")).measurements}

    await eventually(measures_there)
    await here.until(lambda shown: "mover" not in shown)
    await there.until(lambda shown: shown.keys() == {"stayer", "mover"})


@pytest.mark.parametrize("wanted", [{"factory": "nowhere"}, {"loc_id": "Z"}, {"floor": 99}, {"building": ""}])
async def test_an_unknown_place_is_not_found_before_anything_is_sent(worker, location, wanted):
    await worker.get()
    assert await refused(worker.watch(**wanted).call.read()) == (grpc.StatusCode.NOT_FOUND, [])


@pytest.mark.parametrize("token", ["x", "WyJhIl0", "é", "A" * 5_000])
async def test_a_forged_token_is_refused_and_named(worker, token):
    call = worker.watch(resume_token=token).call
    assert await refused(call.read()) == (grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"])


async def test_a_token_of_another_filter_is_refused(worker, register):
    await register("filtered", loc_id="A-2")
    watcher = worker.watch(factory="F1")
    await watcher.next()
    call = worker.watch(resume_token=watcher.token).call
    assert await refused(call.read()) == (grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"])


async def test_a_sensor_that_falls_silent_turns_stale_for_those_who_watch(worker, register):
    await register("silent", interval_s=1)
    await worker.write(reading("silent"))
    watcher = worker.watch()
    await watcher.next()
    assert watcher.shown["silent"].quality == pb2.Measurement.GOOD
    await watcher.until(lambda shown: shown["silent"].quality == pb2.Measurement.STALE)


async def test_a_new_limit_and_a_sensor_switched_off_reach_those_who_watch(worker, register, update, thresholds):
    await register("judged")
    await worker.write(reading("judged", humidity=91.5))
    watcher = worker.watch()
    await watcher.next()
    assert not watcher.shown["judged"].metrics.humidity.HasField("level")
    new = threshold_service_pb2.Threshold(threshold_type="humidity", level="red", min_value=91)
    made = await thresholds.CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=new))
    await watcher.until(lambda shown: shown["judged"].metrics.humidity.level == "red")
    await thresholds.DeleteThreshold(threshold_service_pb2.DeleteThresholdRequest(threshold_id=made.threshold_id))
    await watcher.until(lambda shown: not shown["judged"].metrics.humidity.HasField("level"))
    await update("judged", is_active=False)
    await watcher.until(lambda shown: "judged" not in shown)
    await update("judged", is_active=True)
    await watcher.until(lambda shown: "judged" in shown)


async def test_what_is_written_by_one_worker_is_seen_at_once_by_the_other(workers, register):
    await register("quick")
    writer, reader = workers
    for step in range(30):
        await writer.write(reading("quick", 20.0 + step))
        measured, degraded = await reader.get()
        assert (measured["quick"].metrics.temperature.value, degraded) == (20.0 + step, [])


async def test_a_stream_goes_on_with_a_token_at_the_same_and_at_another_worker(workers, register):
    await register("back-1", "back-2")
    await workers[0].write(reading("back-1"), reading("back-2"))
    watcher = workers[0].watch()
    await watcher.next()
    watcher.call.cancel()
    await workers[0].write(reading("back-2"))
    for worker in workers:
        again = worker.watch(resume_token=watcher.token)
        first = await again.next()
        # Those that turned stale in the last minute are told once more: clocks of workers may differ.
        fresh = [m.sensor_id for m in first.measurements if m.quality != pb2.Measurement.STALE]
        assert (first.kind, fresh) == (Message.CHANGES, ["back-2"])
        again.call.cancel()


async def test_after_a_restart_a_stream_goes_on_with_what_came_meanwhile(workers, new_worker, register):
    await register("restart-1", "restart-2")
    await workers[0].write(reading("restart-1"), reading("restart-2"))
    watcher = workers[0].watch()
    await watcher.next()
    for _ in range(20):
        await workers[0].write(reading("restart-2"))
    fresh_worker = new_worker()
    await fresh_worker.start()
    try:
        await eventually(fresh_worker.is_well)
        again = fresh_worker.watch(resume_token=watcher.token)
        first = await again.next()
        fresh = [m.sensor_id for m in first.measurements if m.quality != pb2.Measurement.STALE]
        assert (first.kind, fresh) == (Message.CHANGES, ["restart-2"])
        # Where sensors were is not in the log: whoever watches a place gets all of it.
        part = workers[0].watch(factory="F1")
        await part.next()
        await workers[0].write(reading("restart-1"))
        newest_worker = new_worker()
        await newest_worker.start()
        await eventually(newest_worker.is_well)
        assert (await newest_worker.watch(factory="F1", resume_token=part.token).next()).kind == Message.SNAPSHOT
        await newest_worker.stop()
    finally:
        await fresh_worker.stop()


async def test_a_token_from_before_a_new_limit_leads_to_a_snapshot(worker, register, thresholds):
    await register("outdated")
    await worker.write(reading("outdated"))
    watcher = worker.watch()
    await watcher.next()
    new = threshold_service_pb2.Threshold(threshold_type="humidity", level="red", min_value=99)
    made = await thresholds.CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=new))
    await watcher.until(lambda shown: True)
    await asyncio.sleep(1.0)  # until the worker has heard of it
    assert (await worker.watch(resume_token=watcher.token).next()).kind == Message.SNAPSHOT
    await thresholds.DeleteThreshold(threshold_service_pb2.DeleteThresholdRequest(threshold_id=made.threshold_id))


async def test_nothing_new_is_a_heartbeat_with_a_token(worker, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    watcher = worker.watch()
    await watcher.next()
    async with asyncio.timeout(PATIENCE_S):
        while (message := await watcher.call.read()).kind != Message.HEARTBEAT:
            pass
    assert message.resume_token
    assert not message.measurements


async def test_a_stream_ends_now_and_then_in_good_order(worker, monkeypatch):
    monkeypatch.setattr(stream, "LIFE_S", 0.3)
    watcher = worker.watch()
    while (message := await watcher.next()).kind != Message.END:
        pass
    assert message.reason.startswith("MOVE_ON: ")
    assert await watcher.next() is None
    assert await watcher.call.code() == grpc.StatusCode.OK
    assert (await worker.watch(resume_token=message.resume_token).next()) is not None


async def test_when_a_server_stops_its_streams_end_with_the_reason(new_worker, register):
    await register("leaving")
    worker = new_worker()
    await worker.start()
    await worker.write(reading("leaving"))
    watcher = worker.watch()
    await watcher.next()
    stopping = asyncio.create_task(worker.stop())
    while (message := await watcher.next()).kind != Message.END:
        pass
    assert message.reason == "SHUTTING_DOWN: call again with resume_token"
    assert message.resume_token
    await stopping


async def test_a_reader_that_stops_reading_is_dropped_and_no_other_waits_for_it(worker, register, monkeypatch):
    monkeypatch.setattr(stream, "SLOW_S", 1.0)
    crowd = [f"crowd-{number:03}" for number in range(200)]
    await register(*crowd, loc_id="A-2")
    await worker.write(*map(reading, crowd))
    slow, quick = worker.watch(loc_id="A-2"), worker.watch(loc_id="A-2")
    await slow.next()
    await quick.next()
    for step in range(30):  # 200 measurements are some 25 kB
        await worker.write(*(reading(name, 10.0 + step) for name in crowd))
        await quick.until(
            lambda shown, step=step: all(shown[n].metrics.temperature.value == 10.0 + step for n in crowd)
        )
    await asyncio.sleep(1.5)
    told = [await slow.next()]
    while told[-1].kind != Message.END:
        told.append(await slow.next())
    assert await refused(slow.next()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, [])
    assert told[-1].reason.startswith("SLOW_READER: ")
    assert len(told) < 25, "several changes of a sensor were not told as the last one"
    # What it goes on with is what it has not been told.
    again = worker.watch(loc_id="A-2", resume_token=told[-1].resume_token)
    assert (await again.next()).kind == Message.CHANGES
    slow.shown |= again.shown
    assert {slow.shown[name].metrics.temperature.value for name in crowd} == {39.0}


async def test_a_thousand_watchers_all_get_a_change_while_others_are_answered(worker, register):
    await register("famous", loc_id="B-1")
    await worker.write(reading("famous"))
    watchers = [worker.watch(factory="F2") for _ in range(1_000)]
    await asyncio.gather(*(watcher.next() for watcher in watchers))
    await worker.write(reading("famous", 12.25))
    got = asyncio.gather(*(w.until(lambda shown: shown["famous"].metrics.temperature.value == 12.25) for w in watchers))
    measured, _ = await worker.get()
    assert measured["famous"].metrics.temperature.value == 12.25
    await got
    for watcher in watchers:
        watcher.call.cancel()
