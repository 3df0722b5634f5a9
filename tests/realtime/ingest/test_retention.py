"""What retention has dropped stays gone, whoever was about to store something of that time."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.support.mesh import eventually
from tests.support.reading_log import append, prepared, store


@pytest.fixture(scope="module")
async def connection(admin_url):
    async with prepared(admin_url) as connection:
        yield connection


@pytest.fixture
async def other(admin_url):
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


async def count(connection, start, end):
    statement = "SELECT count(*) FROM realtime.readings WHERE capture_time >= $1 AND capture_time < $2"
    return await connection.fetchval(statement, start, end)


async def test_a_reading_that_is_being_stored_goes_with_its_time(connection, other):
    old, later = datetime(2003, 3, 5, tzinfo=UTC), datetime(2003, 5, 1, tzinfo=UTC)
    await connection.execute(f"SELECT realtime.ensure_partitions(ARRAY['{old}'::timestamptz])")
    transaction = other.transaction()
    await transaction.start()
    await store(other, [("race-1", old, 20.0)])
    waits = f"SELECT wait_event_type FROM pg_stat_activity WHERE pid = {connection.get_server_pid()}"

    async def it_waits():
        await other.execute("SELECT pg_stat_clear_snapshot()")
        return await other.fetchval(waits) == "Lock"

    dropping = asyncio.create_task(connection.fetchval(f"SELECT realtime.drop_partitions('{later}')"))
    await eventually(it_waits)
    await transaction.commit()
    assert await dropping == 1
    assert await count(connection, old, later) == 0
    with pytest.raises(asyncpg.CheckViolationError):
        await append(other, [("race-1", old, 20.0)])


async def test_a_transaction_from_before_the_drop_stores_nothing_of_that_time(connection, other):
    old, later = datetime(2004, 3, 5, tzinfo=UTC), datetime(2004, 5, 1, tzinfo=UTC)
    await connection.execute(f"SELECT realtime.ensure_partitions(ARRAY['{old}'::timestamptz])")
    await append(connection, [("race-2", old, 20.0)])
    async with other.transaction():
        await other.execute("UPDATE realtime.log_state SET trimmed_seq = trimmed_seq")
        assert await connection.fetchval(f"SELECT realtime.drop_partitions('{later}')") == 1
        with pytest.raises(asyncpg.CheckViolationError):
            async with other.transaction():
                await store(other, [("race-2", old, 20.0)])
    assert await count(connection, old, later) == 0
    assert await connection.fetchval(f"SELECT realtime.ensure_partitions(ARRAY['{old}'::timestamptz])") == 0
    frozen = await connection.fetchval("SELECT frozen_before FROM realtime.layout")
    assert old + timedelta(seconds=1) < frozen <= later
