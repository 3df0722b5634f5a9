"""What a range may hold, and for how long: the use cases on a real database, with limits that a test can reach."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from services.common.database import Database
from services.common.errors import ExhaustedError, UnavailableError
from services.realtime.log.range_repository import SqlRanges
from services.realtime.log.ranges import AHEAD, End, Place, RangeUseCases, Rows
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.reading_log import append

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
async def database(admin_url, connection):
    await connection.execute("SELECT realtime.ensure_partitions('{2024-01-01T00:00:00Z}')")
    await append(connection, [("l-1", START + timedelta(milliseconds=n), 20.0) for n in range(60_000)])
    database = Database(service_url(admin_url, "realtime"), 2, "limits")
    yield database
    await database.close()


def use_cases(database, **limits):
    return RangeUseCases(SqlRanges(database), **limits)


async def taken(parts):
    return [part async for part in parts]


async def transactions(connection):
    return await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limits' AND xact_start IS NOT NULL"
    )


async def test_one_who_does_not_read_on_loses_the_snapshot_and_is_told(database, connection):
    async def is_given_up():
        return await transactions(connection) == 0

    async with aclosing(use_cases(database, patience_s=0.3).read(START, END, [])) as parts:
        assert isinstance(await anext(parts), Place)
        assert await transactions(connection) == 1
        await eventually(is_given_up)
        for _ in range(AHEAD):
            assert isinstance(await anext(parts), Rows)
        with pytest.raises(UnavailableError, match="read on") as caught:
            await anext(parts)
    assert caught.value.reason == "READER_TOO_SLOW"


async def test_a_slow_reader_gets_all_of_it(database):
    count = 0
    async with aclosing(use_cases(database, patience_s=5).read(START, END, [])) as parts:
        async for part in parts:
            await asyncio.sleep(0.02)
            count += len(part) if not isinstance(part, Place | End) else 0
    assert part == End(count) == End(60_000)


async def test_what_would_take_too_long_ends_with_the_remedy(database, locked_readings):
    limited = use_cases(database, longest_s=0.3)
    async with locked_readings():
        with pytest.raises(ExhaustedError, match="shorter range") as caught:
            await taken(limited.read(START, END, []))
    assert caught.value.reason == "RANGE_TOO_LONG"
    *_, last = await taken(use_cases(database).read(START, END, []))
    assert last == End(60_000)


async def test_one_who_waits_for_its_turn_gets_it_when_another_goes(database, locked_readings):
    ranges = use_cases(database, at_once=1)
    async with locked_readings():
        first = ranges.read(START, END, [])
        assert isinstance(await anext(first), Place)
        second = asyncio.create_task(taken(ranges.read(START, END, [])))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
        await first.aclose()
    assert (await second)[-1] == End(60_000)
