"""What only a full TimescaleDB can show: writers beside each other. Run by `make test-timescale` where there is one."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.common.database import Database
from services.realtime.log.range_repository import SqlRanges
from services.realtime.log.ranges import End, RangeUseCases, Rows
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.reading_log import append, prepared, store

START = datetime(2005, 3, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
async def connection(admin_url):
    async with prepared(admin_url) as connection:
        yield connection


async def test_the_server_that_was_named_has_the_readings_in_a_hypertable(connection):
    assert await connection.fetchval("SELECT kind FROM realtime.layout") == "hypertable"


async def test_a_chunk_that_is_made_while_older_ones_are_dropped_is_dropped_as_well(admin_url, connection):
    await append(connection, [("full-1", START, 20.0)])
    other = await asyncpg.connect(admin_url)
    transaction = other.transaction()
    await transaction.start()
    await store(other, [("full-1", START - timedelta(days=30), 20.0)])
    waits = f"SELECT wait_event_type FROM pg_stat_activity WHERE pid = {connection.get_server_pid()}"

    async def it_waits():
        await other.execute("SELECT pg_stat_clear_snapshot()")
        return await other.fetchval(waits) == "Lock"

    dropping = asyncio.create_task(connection.fetchval("SELECT realtime.drop_partitions('2005-04-01Z')"))
    await eventually(it_waits)
    await transaction.commit()
    await other.close()
    assert await dropping == 2
    assert await connection.fetchval("SELECT count(*) FROM realtime.readings WHERE sensor_id = 'full-1'") == 0


async def test_ranges_and_retention_know_no_difference_in_the_columnstore(admin_url, connection):
    start = START + timedelta(days=365)
    rows = [(f"full-{n % 7}", start + timedelta(seconds=n), n / 100) for n in range(20_000)]
    await append(connection, rows)
    for chunk in await connection.fetch(
        "SELECT show_chunks('realtime.readings', older_than => '2007-01-01Z'::timestamptz)"
    ):
        await connection.execute(f"CALL convert_to_columnstore('{chunk[0]}')")
    late = [("full-1", start + timedelta(milliseconds=1), 1.0)]
    await append(connection, late)
    with pytest.raises(asyncpg.UniqueViolationError):
        await append(connection, rows[5:6])
    database = Database(service_url(admin_url, "realtime"), 1, "test")
    parts = [part async for part in RangeUseCases(SqlRanges(database)).read(start, start + timedelta(days=1), [])]
    await database.close()
    assert parts[-1] == End(20_001)
    found = [
        (part.series[index][0], captured, temperature)
        for part in parts
        if isinstance(part, Rows)
        for index, captured, temperature in zip(
            part.series_index.tolist(), part.capture_time_us.tolist(), part.temperature.tolist(), strict=True
        )
    ]
    assert sorted(found) == sorted((name, round(at.timestamp() * 1e6), value) for name, at, value in rows + late)
    assert await connection.fetchval("SELECT realtime.drop_partitions('2007-01-01Z')") == 1
    with pytest.raises(asyncpg.CheckViolationError):
        await append(connection, rows[:1])
