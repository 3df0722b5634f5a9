"""A range of readings is exactly what the log says up to its place, or it says that it is not whole."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from tests.support.mesh import eventually
from tests.support.reading_log import Measuring, append, write_in_sql
from tests.support.refusals import reason, refused

YEAR = timedelta(days=365)


def rows_of(batch):
    return [
        (batch.series[index].sensor_id, captured, temperature)
        for index, captured, temperature in zip(
            batch.series_index, batch.capture_time_us, batch.temperature, strict=True
        )
    ]


@pytest.fixture
def read_range(stub):
    def read_range(start=None, end=None, sensor_ids=()):
        now = datetime.now(UTC)
        request = pb2.ReadRangeRequest(start_time=start or now - YEAR, end_time=end or now + YEAR)
        request.sensor_ids.extend(sensor_ids)
        return stub.ReadRange(request, timeout=60)

    return read_range


async def whole(call):
    """The place, the readings in the order that they came, and the batches; the stream must end with its count."""
    head, *parts, last = [message async for message in call]
    assert (head.WhichOneof("message"), last.WhichOneof("message")) == ("head", "end")
    rows = list(itertools.chain.from_iterable(rows_of(part.batch) for part in parts))
    assert last.end.readings == len(rows)
    return (head.head.generation, head.head.seq), rows, [part.batch for part in parts]


async def test_a_range_is_what_the_log_holds_up_to_its_place_while_others_write(admin_url, connection, log, read_range):
    over = asyncio.Event()
    writers = [await asyncpg.connect(admin_url) for _ in range(4)]
    measurings = [Measuring([f"r-{n}-1", f"r-{n}-2"], seed=n) for n in range(4)]
    writing = [
        asyncio.create_task(write_in_sql(writer, measuring, over))
        for writer, measuring in zip(writers, measurings, strict=True)
    ]

    found: list[Any] = []

    async def read():
        # On a busy machine readers are quicker than writers, and find the same place several times.
        while len({place for place, *_ in found}) <= 10 or len(found) < 45:
            found.append(await whole(read_range()))

    async with asyncio.timeout(60):
        await asyncio.gather(read(), read(), read())
    over.set()
    await asyncio.gather(*writing)
    await asyncio.gather(*(writer.close() for writer in writers))
    payloads = await connection.fetch(
        "SELECT seq, payload FROM realtime.reading_log JOIN realtime.reading_batch USING (id)"
    )
    written = [(row["seq"], rows_of(pb2.ReadingBatch.FromString(row["payload"]))) for row in payloads]
    generation, last = (head := (await log.list()).head).generation, head.last_seq
    for (name, seq), rows, _ in found:
        assert name == generation
        assert sorted(rows) == sorted(row for at, batch in written if at <= seq for row in batch)
    assert min(seq for (_, seq), _, _ in found) < last


async def test_batches_are_sorted_and_a_moved_sensors_readings_stay_in_order(connection, read_range):
    start = datetime(2020, 3, 2, tzinfo=UTC)
    await connection.execute(f"SELECT realtime.ensure_partitions(ARRAY['{start}'::timestamptz])")
    order = [(f"o-{sensor:02}", start + timedelta(seconds=second)) for sensor in range(20) for second in range(600)]
    random.Random(5).shuffle(order)
    await connection.execute(
        "INSERT INTO realtime.readings SELECT sensor_id, capture_time, now(), CASE WHEN extract(minute FROM"
        " capture_time)::int % 2 = 0 THEN 'B' ELSE 'A' END, 21, 50, CASE WHEN sensor_id = 'o-03' THEN 23.5 END,"
        " 21, 50, NULL, 1 + (sensor_id = 'o-04')::int, 'measured'"
        " FROM unnest($1::text[], $2::timestamptz[]) AS t(sensor_id, capture_time)",
        *(list(column) for column in zip(*order, strict=True)),
    )
    _, rows, batches = await whole(read_range(start, start + timedelta(hours=1)))
    assert len(batches) > 1
    for batch in batches:
        keys = [row[:2] for row in rows_of(batch)]
        assert keys == sorted(keys)
        for index, captured, pcv, quality in zip(
            batch.series_index, batch.capture_time_us, batch.pcv_temperature, batch.quality, strict=True
        ):
            series = batch.series[index]
            assert series.loc_id == ("B" if captured // 60_000_000 % 2 == 0 else "A")
            assert (pcv == 23.5) == (series.sensor_id == "o-03")
            assert quality == (2 if series.sensor_id == "o-04" else 1)
    assert sorted(row[:2] for row in rows) == sorted((name, int(at.timestamp()) * 1_000_000) for name, at in order)
    _, rows, _ = await whole(read_range(start + timedelta(seconds=10), start + timedelta(seconds=12), ["o-07", "none"]))
    assert [(name, at) for name, at, _ in sorted(rows)] == [
        ("o-07", int(start.timestamp() + second) * 1_000_000) for second in (10, 11)
    ]


async def test_a_range_of_what_retention_dropped_is_frozen_also_while_it_is_read(
    connection, read_range, locked_readings
):
    frozen = (grpc.StatusCode.FAILED_PRECONDITION, "FROZEN")
    month = datetime(2019, 5, 1, tzinfo=UTC)
    await connection.execute(f"SELECT realtime.ensure_partitions(ARRAY['{month}'::timestamptz])")
    await append(connection, [("f-1", month, 21.0)])
    async with locked_readings() as other:
        call = read_range(month, month + timedelta(days=1))
        assert (await call.read()).WhichOneof("message") == "head"
        await other.execute(f"SELECT realtime.drop_partitions('{month + timedelta(days=31)}')")
    assert await reason(call.read()) == frozen
    assert await reason(read_range(month, month + timedelta(days=1)).read()) == frozen
    _, rows, _ = await whole(read_range(month + timedelta(days=31), month + timedelta(days=32)))
    assert rows == []


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb2.ReadRangeRequest(), ["start_time", "end_time"]),
        (pb2.ReadRangeRequest(start_time={"seconds": 1_700_000_000}), ["end_time"]),
        (pb2.ReadRangeRequest(start_time={"seconds": 2}, end_time={"seconds": 1_700_000_000}), ["start_time"]),
        (
            pb2.ReadRangeRequest(start_time={"seconds": 1_700_000_000}, end_time={"seconds": 1_700_000_000}),
            ["end_time"],
        ),
        (
            pb2.ReadRangeRequest(start_time={"seconds": -(1 << 62)}, end_time={"seconds": 1 << 62}, sensor_ids=["a/b"]),
            ["start_time", "end_time", "sensor_ids[0]"],
        ),
        (
            pb2.ReadRangeRequest(
                start_time={"seconds": 1_700_000_000}, end_time={"seconds": 1_800_000_000}, sensor_ids=["a"] * 10_001
            ),
            ["sensor_ids"],
        ),
        (
            pb2.ReadRangeRequest(
                start_time={"seconds": 1_700_000_000}, end_time={"seconds": 1_800_000_000}, sensor_ids=["a", "", "\0"]
            ),
            ["sensor_ids[1]", "sensor_ids[2]"],
        ),
    ],
)
async def test_what_no_range_can_be_is_refused_by_its_fields(stub, request_, fields):
    assert await refused(stub.ReadRange(request_).read()) == (grpc.StatusCode.INVALID_ARGUMENT, fields)


async def test_the_extent_holds_every_reading_and_moves_with_what_is_dropped(connection, stub):
    await connection.execute("TRUNCATE realtime.readings")
    extent = await stub.GetReadingExtent(pb2.GetReadingExtentRequest())
    assert (extent.HasField("first_time"), extent.HasField("end_time")) == (False, False)
    old, new = datetime(2021, 7, 9, tzinfo=UTC), datetime(2022, 2, 3, tzinfo=UTC)
    await connection.execute(f"SELECT realtime.ensure_partitions(ARRAY['{old}'::timestamptz, '{new}'])")
    await append(connection, [("e-1", old, 20.0), ("e-1", new, 20.0)])
    extent = await stub.GetReadingExtent(pb2.GetReadingExtentRequest())
    assert old - timedelta(days=31) < extent.first_time.ToDatetime(UTC) <= old
    assert new < extent.end_time.ToDatetime(UTC) <= new + timedelta(days=31)
    await connection.execute(f"SELECT realtime.drop_partitions('{new}')")
    extent = await stub.GetReadingExtent(pb2.GetReadingExtentRequest())
    first, frozen = extent.first_time.ToDatetime(UTC), extent.frozen_before.ToDatetime(UTC)
    assert old < frozen <= first <= new


async def test_one_who_goes_leaves_no_snapshot_behind(connection, read_range, locked_readings):
    async def snapshots():
        return await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
            " AND query LIKE '%timestamptz_send(capture_time)%' AND pid <> pg_backend_pid()"
        )

    async def is_held():
        return await snapshots() == 1

    async def is_gone():
        return await snapshots() == 0

    async with locked_readings():
        call = read_range()
        await call.read()
        await eventually(is_held)
        call.cancel()
        await eventually(is_gone)
