"""The newest reading of each sensor, in parts: at least as new as the place that the log is followed from."""

import asyncio

import asyncpg
import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.realtime.log import range_repository
from tests.realtime.log.test_ranges import rows_of, whole
from tests.support.reading_log import EPOCH, Measuring, store

_LATEST = """
INSERT INTO realtime.latest (sensor_id, capture_time, receive_time, loc_id, temperature, humidity, raw_temperature,
                             raw_humidity, quality, source, flat_since, flat_samples, clock_skew_s)
SELECT DISTINCT ON (sensor_id) sensor_id, capture_time, now(), 'A-1', temperature, 50, temperature, 50, 1, 'measured',
    capture_time, 1, 0
FROM unnest($1::text[], $2::timestamptz[], $3::float8[]) AS t(sensor_id, capture_time, temperature)
ORDER BY sensor_id, capture_time DESC
ON CONFLICT (sensor_id) DO UPDATE SET (capture_time, temperature) = (excluded.capture_time, excluded.temperature)
WHERE latest.capture_time < excluded.capture_time
"""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """So that much happens between two of them."""
    monkeypatch.setattr(range_repository, "PART", 3)


async def write(writer, measuring, over):
    """Writes as realtime does; now and then a sensor that is new, before and after those that are there."""
    while not over.is_set():
        rows = measuring.rows(6)
        async with writer.transaction():
            await store(writer, rows)
            await writer.execute(_LATEST, *(list(column) for column in zip(*rows, strict=True)))
        if measuring.random.random() < 0.2:
            name = f"{measuring.random.choice('abyz')}-{measuring.random.random()}"
            measuring.sensors.append(name.replace(".", "-"))
        await asyncio.sleep(0.005)


async def test_nothing_is_missing_that_was_appended_before_and_nothing_comes_twice_however_much_is_written_meanwhile(
    admin_url, connection, stub
):
    over = asyncio.Event()
    writers = [await asyncpg.connect(admin_url) for _ in range(3)]
    measurings = [Measuring([f"m-{n}-{k}" for k in range(10)], seed=n) for n in range(3)]
    pairs = zip(writers, measurings, strict=True)
    writing = [asyncio.create_task(write(*pair, over)) for pair in pairs]
    found = [await whole(stub.ReadLatest(pb2.ReadLatestRequest(), timeout=60)) for _ in range(40)]
    over.set()
    await asyncio.gather(*writing)
    await asyncio.gather(*(writer.close() for writer in writers))
    found.append(await whole(stub.ReadLatest(pb2.ReadLatestRequest(), timeout=60)))
    log = await connection.fetch("SELECT seq, payload FROM realtime.reading_log JOIN realtime.reading_batch USING (id)")
    batches = {row["seq"]: rows_of(pb2.ReadingBatch.FromString(row["payload"])) for row in log}
    stored = {row[:2] for rows in batches.values() for row in rows}
    newer = 0
    for (_, seq), rows, _ in found:
        names = [name for name, *_ in rows]
        assert names == sorted(set(names))
        assert {row[:2] for row in rows} <= stored
        appended = sorted(row for at, batch in batches.items() if at <= seq for row in batch)
        newest = {name: captured for name, captured, _ in appended}
        captures = {name: captured for name, captured, _ in rows}
        assert all(captures[name] >= captured for name, captured in newest.items())
        newer += captures != newest
    assert newer > 10, "nothing was written meanwhile: the test shows nothing"
    (_, last), rows, parts = found[-1]
    assert (last, len(parts) > 10) == (max(batches), True)
    stored_latest = await connection.fetch("SELECT sensor_id, capture_time FROM realtime.latest ORDER BY 1")
    assert [(name, captured) for name, captured, _ in rows] == [
        (row[0], (row[1] - EPOCH) // (EPOCH.resolution)) for row in stored_latest
    ]


async def test_a_reading_is_told_with_its_place_and_its_quality(connection, stub):
    await connection.execute("UPDATE realtime.latest SET quality = 3, loc_id = 'B-2', pcv_temperature = 33.5")
    _, rows, batches = await whole(stub.ReadLatest(pb2.ReadLatestRequest(), timeout=60))
    assert rows
    for batch in batches:
        assert {series.loc_id for series in batch.series} == {"B-2"}
        assert (set(batch.quality), set(batch.pcv_temperature)) == ({3}, {33.5})


async def test_without_any_readings_there_is_a_place_and_an_end(connection, stub):
    await connection.execute("DELETE FROM realtime.latest")
    (generation, _), rows, _ = await whole(stub.ReadLatest(pb2.ReadLatestRequest(), timeout=60))
    assert (bool(generation), rows) == (True, [])
