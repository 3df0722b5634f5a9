"""Backfills and verifications while readings come in: whoever is first, each reading is in its hour once."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
import pytest

from services.aggregation.backfill.checking import HourCheck
from services.aggregation.backfill.domain import Slice
from services.aggregation.backfill.mending import ROUNDS, Mender
from services.aggregation.backfill.reading import Piece
from services.aggregation.calendar import DAY_US, calendar_of
from services.aggregation.rollup.store import RollupWriter
from services.common.database import Database
from services.common.epoch import microseconds
from services.common.errors import UnavailableError
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


@asynccontextmanager
async def beside(admin_url, mesh, then):
    """The database as the service has it, and readings that are overtaken."""
    database = Database(service_url(admin_url, "aggregation"), 2, "beside")
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        yield database, Overtaken(RangeClient(channel), then)
    await database.close()


async def hold(connection):
    """Lets everything be written."""
    assert connection is not None


@pytest.mark.parametrize("times", [1, ROUNDS, ROUNDS + 2])
async def test_hours_that_move_on_while_they_are_read_are_read_again(connection, mesh, admin_url, write, season, times):
    """The last rounds are under the lock, where the consumer cannot follow any more."""
    await connection.execute("UPDATE aggregation.hourly SET humidity_max = 1 WHERE day = '2026-06-02'")

    async def come_in(count):
        if count <= times:
            await write(*((s, JUNE + 15 * HOUR + timedelta(minutes=7, seconds=100 * times + count), 20.0, 50.0)
                          for s in ("A-1", "B-1")))  # fmt: skip
        if count <= ROUNDS + 1:
            await followed(connection)

    async with beside(admin_url, mesh, come_in) as (database, ranges):
        mender = Mender(database, ranges, RollupWriter("Asia/Seoul"))
        start = microseconds(JUNE + 15 * HOUR)
        part = Slice(start, start + DAY_US, start, is_last=True)
        await mender.mend(part, calendar_of("Asia/Seoul"), hold, None)
    assert len(ranges.asked) >= min(times, ROUNDS + 2) + 1
    assert {(start, end - start) for start, end, _ in ranges.asked[1:]} == {(JUNE + 15 * HOUR, HOUR)}
    assert {sensors for _, _, sensors in ranges.asked[1:]} <= {("A-1", "B-1"), ("A-1",), ("B-1",)}
    await followed(connection)
    await assert_rollups_are_right(connection)


async def test_of_what_moves_on_while_it_is_verified_only_what_is_wrong_is_told(
    connection, mesh, admin_url, write, create, ended, season
):
    """B-1 is wrong and moves on as A-1 does, which is right."""
    moment = JUNE + timedelta(days=3, minutes=7)
    await write(*((sensor, moment, 20.0, 50.0) for sensor in ("A-1", "B-1")))
    await followed(connection)
    damage = (
        "UPDATE aggregation.hourly SET humidity_max = 9999 WHERE hour_start = $1 AND series_id IN"
        " (SELECT series_id FROM aggregation.series WHERE sensor_id = 'B-1')"
    )
    assert await connection.execute(damage, moment - timedelta(minutes=7)) == "UPDATE 1"

    async def come_in(count):
        if count <= 3:
            await write(*((s, moment + timedelta(seconds=count), 20.0, 50.0) for s in ("A-1", "B-1")))
            await followed(connection)

    async with beside(admin_url, mesh, come_in) as (database, ranges):
        whole = Piece(microseconds(JUNE), microseconds(JUNE + 10 * 24 * HOUR), microseconds(JUNE))
        checked = await HourCheck(database, ranges, calendar_of("Asia/Seoul")).check(whole, None)
    (words,) = checked.words
    assert words.startswith("sensor B-1 at B-1, hour 2026-06-04 09:00+09:00: humidity_max is 99.99 %, recomputed ")
    assert [sensors for _, _, sensors in ranges.asked] == [(), *[("A-1", "B-1")] * 3]
    await ended(await create())
    await assert_rollups_are_right(connection)


async def test_a_verification_waits_for_the_consumer_and_says_so_if_that_is_in_vain(
    connection, mesh, admin_url, write, verify, halted, season
):
    async def nothing(count):
        assert count

    async with beside(admin_url, mesh, nothing) as (database, ranges):
        whole = Piece(microseconds(JUNE), microseconds(JUNE + 24 * HOUR), microseconds(JUNE))
        check = HourCheck(database, ranges, calendar_of("Asia/Seoul"), patience_s=0.2)
        async with halted():
            await write(("A-1", JUNE + HOUR + timedelta(microseconds=1), 20.0, 50.0))
            with pytest.raises(UnavailableError, match="see that aggregation follows the log"):
                await check.check(whole, None)
            verifying = asyncio.create_task(verify())
        assert (await verifying)[0] == []


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
