"""Backfills and verifications, as a caller asks for them."""

import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
from montrg.aggregation.v1 import backfill_service_pb2 as pb2
from montrg.aggregation.v1 import backfill_service_pb2_grpc

from services.aggregation.app import APP as AGGREGATION
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.mesh import eventually
from tests.support.rollups import followed

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
SENSORS = ["A-1", "A-1b", "A-2", "B-1"]
Message = pb2.VerifyRollupsResponse


def made_up(seed, count, days=75):
    """Readings of the four sensors, of all days in any order."""
    randomly = random.Random(seed)
    return [
        (
            randomly.choice(SENSORS),
            JUNE + timedelta(milliseconds=randomly.randrange(0, days * 86_400_000, 7)),
            randomly.randint(-1000, 4500) / 100,
            randomly.randint(0, 10000) / 100,
        )
        for _ in range(count)
    ]


async def nothing_left_to_do(connection):
    """Waits for the end of every backfill."""

    async def is_so():
        left = "SELECT count(*) FROM aggregation.backfill WHERE state IN ('PENDING', 'RUNNING')"
        return await connection.fetchval(left) == 0

    await eventually(is_so, 60.0)


async def settled(connection):
    """Waits until no backfill is left to do, and the consumer has passed the log."""
    await nothing_left_to_do(connection)
    await followed(connection)


async def first_day(connection, zone="Asia/Seoul"):
    """The first local day of which retention has dropped nothing: partitions and chunks do not end alike."""
    before = "(frozen_before - interval '1 microsecond') AT TIME ZONE $1"
    return await connection.fetchval(f"SELECT ({before})::date + 1 FROM realtime.layout", zone)


@pytest.fixture(scope="module")
async def season(write, connection):
    """Has readings of ten weeks in the rollups."""
    rows = made_up(1, 3000)
    for begin in range(0, len(rows), 500):
        await write(*rows[begin : begin + 500])
    await settled(connection)  # there is one at the very first
    return rows


@pytest.fixture(scope="module")
async def backfills(mesh):
    """The stub."""
    async with grpc.aio.insecure_channel(mesh.url(AGGREGATION)) as channel:
        yield backfill_service_pb2_grpc.BackfillServiceStub(channel)


@pytest.fixture(scope="module")
def create(backfills):
    """Asks for a backfill of some days, or of everything."""

    async def create(start=None, end=None):
        wanted = pb2.Backfill(start_date=start, end_date=end)
        return await backfills.CreateBackfill(pb2.CreateBackfillRequest(backfill=wanted))

    return create


@pytest.fixture(scope="module")
def ended(backfills):
    """Waits for the end of a backfill, and returns it."""

    async def ended(backfill):
        request = pb2.GetBackfillRequest(backfill_id=backfill.backfill_id)

        async def there():
            state = (await backfills.GetBackfill(request)).state
            return state not in (pb2.Backfill.PENDING, pb2.Backfill.RUNNING)

        await eventually(there, 60.0)
        return await backfills.GetBackfill(request)

    return ended


@pytest.fixture(scope="module")
def verify(backfills):
    """Verifies; returns the words of the differences and the last message."""

    async def verify(start=None, end=None):
        request = pb2.VerifyRollupsRequest(start_date=start, end_date=end)
        messages = [message async for message in backfills.VerifyRollups(request)]
        assert [message.kind for message in messages if message.kind == Message.DONE] == [messages[-1].kind]
        return [m.difference for m in messages if m.kind == Message.DIFFERENCE], messages[-1]

    return verify


@pytest.fixture
def halted(admin_url):
    """A while in which the consumer gets nowhere."""

    @asynccontextmanager
    async def halted():
        other = await asyncpg.connect(admin_url)
        try:
            async with other.transaction():
                await other.execute("SELECT FROM aggregation.log_cursor FOR UPDATE")
                yield other
        finally:
            await other.close()

    return halted


@pytest.fixture(scope="module")
def start_again(mesh):
    """Starts aggregation, which was stopped, in a zone."""

    async def start_again(zone="Asia/Seoul"):
        urls = {"LOCATION_SERVICE_URL": mesh.url(LOCATION), "REALTIME_SERVICE_URL": mesh.url(REALTIME)}
        await mesh.start(AGGREGATION, **urls, MONTRG_SITE_TZ=zone)

    return start_again
