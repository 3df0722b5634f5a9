"""Backfills and verifications while readings come in: whoever is first, each reading is in its hour once."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
import pytest

from services.aggregation.backfill.domain import Slice
from services.aggregation.backfill.mending import ROUNDS, Mender
from services.aggregation.calendar import calendar_of
from services.aggregation.rollup.store import RollupWriter
from services.common.database import Database
from services.common.epoch import microseconds
from services.common.reading_log import Place, RangeClient
from services.realtime.app import APP as REALTIME
from tests.aggregation.backfill.conftest import JUNE, made_up
from tests.conftest import service_url
from tests.support.rollups import assert_rollups_are_right, followed

HOUR = timedelta(hours=1)


async def test_what_a_backfill_had_first_the_consumer_passes_over(connection, write, create, ended, halted, season):
    await connection.execute("UPDATE aggregation.hourly SET readings = readings + 1 WHERE hour = 3")
    async with halted():
        await write(*made_up(7, 400))
        done = await ended(await create())
        assert done.changed > 400
        await assert_rollups_are_right(connection)
        await write(*made_up(8, 400))
    await followed(connection)
    await assert_rollups_are_right(connection)


class Overtaken:
    """The readings; each time that some were read, something happens before they are used."""

    def __init__(self, ranges, then):
        self._ranges = ranges
        self._then = then
        self.asked = []

    async def extent(self):
        return await self._ranges.extent()

    async def read(self, start, end, sensor_ids=()):
        self.asked.append((start, end, tuple(sensor_ids)))
        async for item in self._ranges.read(start, end, sensor_ids):
            yield item
            if isinstance(item, Place):
                await self._then(len(self.asked))


@pytest.fixture
async def overtaken(mesh, admin_url):
    """Mends June 1st with readings that are overtaken."""

    @asynccontextmanager
    async def overtaken(then):
        database = Database(service_url(admin_url, "aggregation"), 2, "overtaken")
        async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
            ranges = Overtaken(RangeClient(channel), then)
            mender = Mender(database, ranges, RollupWriter("Asia/Seoul"))

            async def hold(connection):
                assert connection is not None

            async def mend():
                start = microseconds(JUNE + 15 * HOUR)
                part = Slice(start, start + 24 * 3_600_000_000, start, is_last=True)
                return await mender.mend(part, calendar_of("Asia/Seoul"), hold, None)

            yield mend, ranges
        await database.close()

    return overtaken


@pytest.mark.parametrize("times", [1, ROUNDS, ROUNDS + 2])
async def test_hours_that_move_on_while_they_are_read_are_read_again(connection, write, season, overtaken, times):
    """The last rounds are under the lock, where the consumer cannot follow any more."""
    await connection.execute("UPDATE aggregation.hourly SET humidity_max = 1 WHERE day = '2026-06-02'")

    async def come_in(count):
        if count <= times:
            await write(*((s, JUNE + 15 * HOUR + timedelta(minutes=7, seconds=100 * times + count), 20.0, 50.0)
                          for s in ("A-1", "B-1")))  # fmt: skip
        if count <= ROUNDS + 1:
            await followed(connection)

    async with overtaken(come_in) as (mend, ranges):
        await mend()
    assert len(ranges.asked) >= min(times, ROUNDS + 2) + 1
    assert {(start, end - start) for start, end, _ in ranges.asked[1:]} == {(JUNE + 15 * HOUR, HOUR)}
    assert {sensors for _, _, sensors in ranges.asked[1:]} <= {("A-1", "B-1"), ("A-1",), ("B-1",)}
    await followed(connection)
    await assert_rollups_are_right(connection)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_late_readings_and_backfills_of_any_days_end_in_what_plain_sql_says(
    connection, write, create, ended, verify, season, seed
):
    randomly = random.Random(seed)
    over = asyncio.Event()

    async def send(number):
        rows = made_up(100 * seed + number, 1200)
        while rows:
            count = randomly.randint(1, 60)
            await write(*rows[:count], *randomly.sample(season, randomly.randint(0, 5)))
            rows = rows[count:]

    async def mend():
        while not over.is_set():
            first, last = sorted(JUNE + timedelta(days=randomly.randrange(75)) for _ in range(2))
            days = (f"{first:%Y%m%d}", f"{last:%Y%m%d}") if randomly.random() < 0.8 else (None, None)
            await ended(await create(*days))

    async def prove():
        found = []
        while not over.is_set():
            found += (await verify())[0]
        return found

    others = [asyncio.create_task(work) for work in (mend(), mend(), prove())]
    await asyncio.gather(*(send(number) for number in range(3)))
    over.set()
    *_, found = await asyncio.gather(*others)
    assert found == []
    await followed(connection)
    assert await assert_rollups_are_right(connection) > 3000
    done = await ended(await create())
    assert done.changed == 0
