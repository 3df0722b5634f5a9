"""Days of which retention has dropped the readings: they cannot be made anew, and are left as they are."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.aggregation.v1 import backfill_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from services.aggregation.backfill.leases import Leases
from services.aggregation.backfill.mending import Mender
from services.aggregation.backfill.worker import BackfillWorker
from services.aggregation.rollup.store import RollupWriter
from services.common.database import Database
from services.common.errors import UnavailableError
from services.common.interceptors import database_is_away
from services.common.reading_log import RangeClient
from services.realtime.app import APP as REALTIME
from tests.aggregation.backfill.conftest import first_day, nothing_left_to_do
from tests.conftest import service_url
from tests.support.refusals import reason

TOTALS = "SELECT sum(readings), sum(temperature_sum) FROM aggregation.monthly"


@pytest.fixture(scope="module")
async def frozen(connection, season):
    """The readings of June are gone, or most of them; in Seoul that is until nine o'clock of a day."""
    totals = tuple(await connection.fetchrow(TOTALS))
    assert await connection.fetchval("SELECT realtime.drop_partitions('2026-07-01T00:00:00Z')") > 0
    return totals


async def test_a_start_before_the_first_whole_day_is_refused_with_that_day(connection, create, frozen):
    first = await first_day(connection)
    last_gone = f"{first - timedelta(days=1):%Y%m%d}"
    for day in ("20260615", last_gone):
        assert await reason(create(day)) == (grpc.StatusCode.FAILED_PRECONDITION, "FROZEN")
    with pytest.raises(grpc.aio.AioRpcError, match=f"{first:%Y%m%d}"):
        await create(last_gone)


async def test_everything_leaves_what_cannot_be_made_anew(connection, create, ended, verify, frozen):
    first = await first_day(connection)
    damage = "UPDATE aggregation.daily SET readings = 0 WHERE day IN ('2026-06-15', $1::date - 1, '2026-07-15')"
    assert await connection.execute(damage, first) == "UPDATE 12"
    differences, last = await verify("20260601", "20260731")
    assert (len(differences), last.verified > 1000) == (12, True)
    assert str(first) in last.note
    done = await ended(await create())
    assert (done.state, done.changed) == (pb2.Backfill.DONE, 12)
    assert tuple(await connection.fetchrow(TOTALS)) == frozen
    assert (await verify())[0] == []
    assert (await verify(f"{first:%Y%m%d}"))[1].note == ""


class Outdated:
    """The readings, as they were told of before retention dropped some; and the first call of each kind fails."""

    def __init__(self, ranges):
        self._ranges = ranges
        self._failed = set()

    def _fail_once(self, kind):
        if kind not in self._failed:
            self._failed.add(kind)
            raise UnavailableError("away", "AWAY")

    async def extent(self):
        self._fail_once("extent")
        extent = await self._ranges.extent()
        if "frozen" in self._failed:
            return extent
        return replace(extent, frozen_before=datetime(2000, 1, 1, tzinfo=UTC))

    async def read(self, start, end, sensor_ids=()):
        self._fail_once("read")
        self._failed.add("frozen")
        async for item in self._ranges.read(start, end, sensor_ids):
            yield item


@asynccontextmanager
async def outdated_worker(admin_url, mesh):
    """A worker beside the service."""
    database = Database(service_url(admin_url, "aggregation"), 2, "outdated")
    writer = RollupWriter("Asia/Seoul")
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        ranges = Outdated(RangeClient(channel))
        leases = Leases(database, writer, "Asia/Seoul")
        worker = BackfillWorker(leases, Mender(database, ranges, writer), ranges, database_is_away)
        task = asyncio.create_task(worker.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await database.close()


ASK = """
INSERT INTO aggregation.backfill (start_date, state, create_time, update_time) VALUES ($1, 'PENDING', now(), now())
RETURNING backfill_id
"""


@pytest.mark.parametrize(("start", "state"), [(datetime(2026, 6, 20), "FAILED"), (None, "DONE")])  # noqa: DTZ001
async def test_what_retention_drops_meanwhile_ends_one_of_some_days_and_not_one_of_everything(
    admin_url, connection, mesh, start_again, backfills, frozen, start, state
):
    await connection.execute("UPDATE aggregation.hourly SET readings = 50 WHERE day = '2026-08-01'")
    await mesh.stop(AGGREGATION)
    asked = await connection.fetchval(ASK, start)
    async with outdated_worker(admin_url, mesh):
        await nothing_left_to_do(connection)
    await start_again()
    done = await backfills.GetBackfill(pb2.GetBackfillRequest(backfill_id=asked))
    assert pb2.Backfill.State.Name(done.state) == state
    assert (f"{await first_day(connection):%Y%m%d}" in done.reason) == (state == "FAILED")
    left = await connection.fetchval("SELECT count(*) FROM aggregation.hourly WHERE readings = 50")
    assert (left > 0) == (state == "FAILED")
