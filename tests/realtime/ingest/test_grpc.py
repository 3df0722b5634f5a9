"""Many writers at once on a real database: nothing is lost, nothing is doubled, and too much is refused in time."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import grpc
import pytest
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2 as pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, reading_log_service_pb2

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support import directory
from tests.support.directory import make_place
from tests.support.mesh import running_mesh

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
WAITING_ROWS = 6_000


@pytest.fixture(scope="module")
async def mesh(admin_url):
    async with running_mesh(admin_url, MONTRG_INGEST_WAITING_ROWS=str(WAITING_ROWS)) as mesh:
        yield mesh


@pytest.fixture(scope="module")
async def ingest(mesh):
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        yield ingest_service_pb2_grpc.IngestServiceStub(channel)


@pytest.fixture(scope="module")
async def register(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel)
        yield partial(directory.register, channel, interval_s=60)


@pytest.fixture(scope="module")
async def database(admin_url):
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


def rows(sensor, minutes, temperature=None):
    return [
        pb2.Reading(
            sensor_id=sensor,
            capture_time=NOW + timedelta(minutes=minute),
            temperature=20 + minute % 20 if temperature is None else temperature,
            humidity=50,
        )
        for minute in minutes
    ]


async def write(ingest, readings):
    return await ingest.WriteReadings(pb2.WriteReadingsRequest(readings=readings))


def counted(answers):
    names = ("accepted", "duplicate", "late", "conflict", "rejected", "unavailable")
    return Counter({name: sum(getattr(answer, name) for answer in answers) for name in names})


async def logged(database, sensor):
    """The minutes that the log has of a sensor, in its order."""
    found = []
    for row in await database.fetch(
        "SELECT payload FROM realtime.reading_log JOIN realtime.reading_batch USING (id) ORDER BY seq"
    ):
        batch = reading_log_service_pb2.ReadingBatch.FromString(row["payload"])
        for index, microseconds in zip(batch.series_index, batch.capture_time_us, strict=True):
            if batch.series[index].sensor_id == sensor:
                captured = datetime.fromtimestamp(microseconds / 1e6, UTC)
                found.append(int((captured - NOW).total_seconds() // 60))
    return found


async def test_writers_that_send_the_same_readings_at_once_store_each_of_them_once(ingest, register, database):
    await register("shared")
    chance = random.Random(1)
    batches = [chance.sample(range(60), 10) for _ in range(40)]
    answers = await asyncio.gather(*(write(ingest, rows("shared", minutes)) for minutes in batches))
    sent = set().union(*batches)
    total = counted(answers)
    assert total["accepted"] + total["late"] == len(sent)
    assert total["duplicate"] == 400 - len(sent)
    assert total["conflict"] == 0
    stored = await database.fetch("SELECT capture_time FROM realtime.readings WHERE sensor_id = 'shared'")
    assert len(stored) == len(sent)
    assert sorted(await logged(database, "shared")) == sorted(sent), "the log has each stored reading exactly once"


async def test_the_first_readings_of_a_sensor_may_arrive_twice_at_once(ingest, register):
    for attempt in range(5):
        await register(f"first-{attempt}")
        batch = rows(f"first-{attempt}", range(30))
        total = counted(await asyncio.gather(*(write(ingest, batch) for _ in range(4))))
        assert (total["accepted"], total["duplicate"]) == (30, 90)


async def test_many_new_sensors_whose_first_readings_meet_are_stored_once_each(ingest, register):
    names = [f"new-{n}" for n in range(12)]
    await register(*names)
    chance = random.Random(2)
    batches = [
        [reading for name in chance.sample(names, 8) for reading in rows(name, range(chance.choice([1, 30])))]
        for _ in range(24)
    ]
    answers = await asyncio.gather(*(write(ingest, batch) for batch in batches))
    total = counted(answers)
    sent = {(reading.sensor_id, reading.capture_time.seconds) for batch in batches for reading in batch}
    assert total["accepted"] + total["late"] == len(sent)
    assert total["conflict"] + total["rejected"] + total["unavailable"] == 0


async def test_a_reading_that_is_sent_again_after_a_calibration_is_a_duplicate(ingest, register, mesh):
    await register("calibrated")
    batch = rows("calibrated", [0])
    batch[0].pcv_temperature = 21.5
    assert (await write(ingest, batch)).accepted == 1
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        sensor = sensor_service_pb2.Sensor(sensor_id="calibrated")
        sensor.calibrations.add(valid_from=NOW - timedelta(days=1), temperature_offset=0.5)
        request = sensor_service_pb2.UpdateSensorRequest(sensor_id="calibrated", sensor=sensor)
        request.update_mask.paths.append("calibrations")
        await sensor_service_pb2_grpc.SensorServiceStub(channel).UpdateSensor(request)
    deadline = asyncio.get_running_loop().time() + 10
    minute = 1
    while (await newest(ingest, "calibrated")).temperature != 20 + minute - 1 + 0.5:
        assert asyncio.get_running_loop().time() < deadline
        await write(ingest, rows("calibrated", [minute]))
        minute += 1
    assert (await write(ingest, batch)).duplicate == 1


async def newest(ingest, sensor):
    listed = await ingest.ListReadings(pb2.ListReadingsRequest(sensor_id=sensor, limit=1000))
    return listed.readings[-1]


@pytest.mark.parametrize("count", [3, 150])
async def test_new_older_and_repeated_rows_of_one_batch_are_told_apart(ingest, register, database, count):
    sensor = f"mixed-{count}"
    await register(sensor)
    assert (await write(ingest, rows(sensor, [0, 10]))).accepted == 2
    mixed = rows(sensor, [0, 5, 11]) + rows(sensor, [10], temperature=1.0) + rows(sensor, range(12, 12 + count))
    answer = await write(ingest, mixed)
    assert counted([answer]) == Counter(accepted=1 + count, duplicate=1, late=1, conflict=1)
    assert await logged(database, sensor) == [0, 10, 5, 11, *range(12, 12 + count)]


@pytest.mark.parametrize("count", [1, 200, 201, 2_000])
async def test_batches_of_every_size_are_stored_as_they_were_sent(ingest, register, database, count):
    sensor = f"size-{count}"
    await register(sensor)
    batch = [
        pb2.Reading(
            sensor_id=sensor, capture_time=NOW + timedelta(seconds=n), temperature=20 + n % 7, humidity=40, source="kma"
        )
        for n in range(count)
    ]
    assert (await write(ingest, batch)).accepted == count
    query = "SELECT capture_time, temperature, source FROM realtime.readings WHERE sensor_id = $1 ORDER BY capture_time"
    stored = [tuple(row) for row in await database.fetch(query, sensor)]
    assert stored == [(NOW + timedelta(seconds=n), 20.0 + n % 7, "kma") for n in range(count)]
    latest = await database.fetchrow("SELECT * FROM realtime.latest WHERE sensor_id = $1", sensor)
    assert latest["capture_time"] == NOW + timedelta(seconds=count - 1)


async def test_a_stuck_sensor_is_suspect_however_its_readings_come(ingest, register):
    await register("stuck")
    for minute in range(0, 60, 20):
        await write(ingest, rows("stuck", range(minute, minute + 20), temperature=25.0))
    answer = await write(ingest, rows("stuck", [60], temperature=25.0))
    assert answer.accepted == 1
    listed = await ingest.ListReadings(pb2.ListReadingsRequest(sensor_id="stuck", limit=1000))
    assert [(r.quality, r.quality_reason) for r in listed.readings[-2:]] == [
        (pb2.StoredReading.GOOD, ""),
        (pb2.StoredReading.SUSPECT, "flat"),
    ]


async def test_more_than_may_wait_is_refused_at_once_and_what_was_taken_is_stored(ingest, register, database):
    await register("busy")
    async with database.transaction():
        await database.execute("LOCK TABLE realtime.latest IN ACCESS EXCLUSIVE MODE")
        tasks = [
            asyncio.create_task(write(ingest, rows("busy", range(-2_000 * n - 2_000, -2_000 * n)))) for n in range(8)
        ]
        done, waiting = await asyncio.wait(tasks, timeout=2)
        assert done, "nothing was refused"
        for task in done:
            error = task.exception()
            assert isinstance(error, grpc.aio.AioRpcError)
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert error.trailing_metadata()["retry-after"] == "1"
    total = counted(await asyncio.gather(*waiting))
    assert total["accepted"] + total["late"] == 2_000 * len(waiting)
    assert len(await logged(database, "busy")) == 2_000 * len(waiting)
