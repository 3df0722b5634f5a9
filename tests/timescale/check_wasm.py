"""The migrations on TimescaleDB in WebAssembly, over its one connection. `make test-timescale` runs this."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from services import catalog
from services.common.database_url import sqlalchemy_url
from services.common.migrations.upgrade import upgrade_service
from tests.support.ports import free_port
from tests.support.reading_log import append, payload

FOLDER = Path(os.environ["MONTRG_TEST_TIMESCALE_FOLDER"])
OLD = datetime(2021, 7, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
async def url():
    """The address of a server with the extension."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        "node", "serve.mjs", str(port), cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        assert await server.stdout.readline() == b"ready\n"
        yield f"postgresql://postgres:any@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        server.kill()
        await server.wait()


@pytest.fixture(scope="module")
async def connection(url):
    """The only connection, after every service's migrations."""
    engine = create_async_engine(sqlalchemy_url(url))
    for service in catalog.SERVICES:
        async with engine.begin() as migrating:
            await migrating.run_sync(upgrade_service, service, "any")
    await engine.dispose()
    connection = await asyncpg.connect(url)
    # In this build no other role may look up types, so what the tests use is looked up here.
    await connection.prepare("SELECT $1::text[], $2::timestamptz[], $3::float8[]")
    yield connection
    await connection.close()


@pytest.fixture
async def as_the_service(connection):
    await connection.execute("SET ROLE montrg_realtime")
    yield connection
    await connection.execute("RESET ROLE")


async def chunks(connection):
    rows = await connection.fetch("SELECT low, high FROM realtime.reading_parts() ORDER BY low")
    return [tuple(row) for row in rows]


async def test_the_readings_are_a_hypertable_with_a_columnstore_and_a_retention_of_our_own(connection):
    assert await connection.fetchval("SELECT kind FROM realtime.layout") == "hypertable"
    jobs = await connection.fetch(
        "SELECT proc_name FROM timescaledb_information.jobs WHERE hypertable_schema = 'realtime'"
    )
    assert [job["proc_name"] for job in jobs] == ["policy_compression"]
    columnstore = await connection.fetchrow(
        "SELECT segmentby, orderby FROM timescaledb_information.hypertable_columnstore_settings"
    )
    assert tuple(columnstore) == ("sensor_id", "capture_time")


async def test_the_service_makes_chunks_and_stores_in_them_and_in_the_log(as_the_service):
    await as_the_service.execute(f"SELECT realtime.ensure_partitions(ARRAY['{OLD}'::timestamptz])")
    assert await as_the_service.fetchval("SELECT count(*) FROM realtime.readings") == 0
    ((low, high),) = await chunks(as_the_service)
    assert low <= OLD < high == low + timedelta(days=7)
    rows = [("w-1", OLD, 20.0), ("w-1", OLD + timedelta(weeks=30), 21.0)]
    await append(as_the_service, rows)
    assert len(await chunks(as_the_service)) == 2
    appended = await as_the_service.fetchrow(
        "SELECT n, payload FROM realtime.reading_log JOIN realtime.reading_batch USING (id) ORDER BY seq DESC LIMIT 1"
    )
    assert appended["n"] == 2
    assert len(appended["payload"]) == len(payload(rows))


async def test_what_is_in_the_columnstore_is_neither_stored_twice_nor_closed(connection):
    late = datetime(2021, 2, 3, tzinfo=UTC)
    await append(connection, [("c-1", late, 20.0)])
    chunk = await connection.fetchval("SELECT show_chunks('realtime.readings', older_than => $1::timestamptz)", OLD)
    await connection.execute(f"CALL convert_to_columnstore('{chunk}')")
    again = (
        "INSERT INTO realtime.readings SELECT sensor_id, capture_time + $1, receive_time, loc_id, temperature,"
        " humidity, NULL, raw_temperature, raw_humidity, NULL, quality, source FROM realtime.readings"
        " WHERE sensor_id = 'c-1' ON CONFLICT DO NOTHING RETURNING capture_time"
    )
    assert await connection.fetch(again, timedelta()) == []
    assert [row["capture_time"] for row in await connection.fetch(again, timedelta(seconds=1))] == [
        late + timedelta(seconds=1)
    ]


async def test_what_was_dropped_is_frozen_and_makes_no_chunk_again(as_the_service):
    first, *_, last = await chunks(as_the_service)
    assert await as_the_service.fetchval("SELECT realtime.drop_partitions($1)", first[1] - timedelta(seconds=1)) == 0
    before = last[0]
    dropped = await as_the_service.fetchval("SELECT realtime.drop_partitions($1)", before)
    assert dropped > 1
    assert await chunks(as_the_service) == [last]
    frozen = await as_the_service.fetchval("SELECT frozen_before FROM realtime.layout")
    assert OLD < frozen <= before
    for moment in (OLD, frozen - timedelta(microseconds=1)):
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await append(as_the_service, [("w-1", moment, 20.0)])
        assert caught.value.constraint_name == "not_frozen"
        assert await as_the_service.fetchval("SELECT realtime.ensure_partitions(ARRAY[$1::timestamptz])", moment) == 0
    await append(as_the_service, [("w-1", frozen, 20.0)])


async def test_the_extent_holds_what_is_left_and_no_chunk_that_was_made_ahead(as_the_service):
    ahead = datetime(2031, 1, 1, tzinfo=UTC)
    await as_the_service.execute(f"SELECT realtime.ensure_partitions(ARRAY['{ahead}'::timestamptz])")
    first, end = await as_the_service.fetchrow("SELECT * FROM realtime.reading_extent()")
    times = await as_the_service.fetchrow("SELECT min(capture_time), max(capture_time) FROM realtime.readings")
    assert times[0] - timedelta(days=7) < first <= times[0] <= times[1] < end <= times[1] + timedelta(days=7) < ahead
