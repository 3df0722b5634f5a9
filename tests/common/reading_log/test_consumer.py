"""A consumer in the test's own process, on a real log and a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import grpc
import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.common.channels import connect
from services.common.database import Database
from services.common.errors import UnavailableError
from services.common.reading_log import LogConsumer
from services.realtime.app import APP as REALTIME
from services.realtime.log.repository import SqlLog
from tests.chaos.tally import NAME, SCHEMA, Tally, tallying
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.reading_log import Measuring, append


class Log:
    """Writes to the log, and knows what a consumer has to come to."""

    def __init__(self, connection):
        self._measuring = Measuring([f"s-{number}" for number in range(40)], seed=1)
        self.connection = connection

    async def write(self, count=5):
        for _ in range(count):
            rows = self._measuring.rows(50)
            await append(self.connection, rows)
            self._measuring.acknowledge(rows)

    async def is_tallied(self):
        rows = await self.connection.fetch("SELECT * FROM tally.total")
        return {row["sensor_id"]: (row["n"], row["hundredths"]) for row in rows} == self._measuring.totals

    async def rebuilds(self):
        return await self.connection.fetchval("SELECT count(*) FROM tally.rebuild")


@pytest.fixture(scope="module")
def log(connection):
    return Log(connection)


FAILED = "failed"


class Unsteady(Tally):
    """A tally that fails a few times, after it has written; `story` is what it did and what it was told to drop."""

    def __init__(self, error, times):
        super().__init__()
        self._error, self._times = error, times
        self.story = []

    async def apply(self, connection, slices):
        await super().apply(connection, slices)
        if self._times:
            self._times -= 1
            self.story.append(FAILED)
            raise self._error

    def lost(self, shards):
        super().lost(shards)
        self.story.append(shards)


async def follows(consumer):
    async def following():
        return consumer.state.following_since is not None

    await eventually(following)


@pytest.fixture(scope="module")
async def built(log, tally_url, target):
    """Has the consumer been built, which each is once, so that a test sees no rebuild but its own, also by itself."""
    async with tallying(tally_url, target) as consumer:
        await follows(consumer)


async def test_a_new_consumer_is_built_from_what_is_stored_and_then_follows(log, tally_url, target):
    await log.write()
    async with tallying(tally_url, target) as consumer:
        await follows(consumer)
        await log.write()
        await eventually(log.is_tallied)

        async def reported():
            return consumer.state.lag_readings == 0

        await eventually(reported)
        state = consumer.state
        assert (state.members, len(state.shards), state.rebuilds, state.last_error) == (1, 16, 1, None)
        assert (state.lag_s, state.place.seq) == (0, 10)
        assert state.readings > 0
    await log.write()
    async with tallying(tally_url, target) as consumer:
        await eventually(log.is_tallied)
        assert consumer.state.rebuilds == 0


@pytest.mark.usefixtures("built")
async def test_a_transaction_that_fails_is_undone_in_memory_too_and_tried_again(log, tally_url, target):
    work = Unsteady(UnavailableError("a neighbour is away", "NEIGHBOUR_UNAVAILABLE"), times=3)
    async with tallying(tally_url, target, work) as consumer:
        await log.write()
        await eventually(log.is_tallied)
        # Each is followed by the loss of everything. A busy machine may bring others, where a call is too late.
        losses = [after for before, after in pairwise(work.story) if before == FAILED]
        assert losses == [frozenset(range(16))] * 3
        assert "a neighbour is away" in consumer.state.last_error
        assert consumer.state.last_error_time > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.usefixtures("built")
async def test_what_comes_within_a_pause_shares_a_transaction_and_what_comes_after_one_is_not_kept_waiting(
    log, tally_url, target
):
    clock = asyncio.get_running_loop().time
    async with tallying(tally_url, target, pause_s=2.0) as consumer:
        await follows(consumer)
        begin = clock()
        await log.write(30)
        took = clock() - begin
        await eventually(log.is_tallied)
        assert 1 <= consumer.state.transactions <= 2 + took / 2
        await asyncio.sleep(2.0)
        begin = clock()
        await log.write(1)
        await eventually(log.is_tallied)
        assert clock() - begin < 1.9


@pytest.mark.usefixtures("built")
async def test_an_error_that_nobody_foresaw_ends_it(log, tally_url, target):
    database = Database(tally_url, 3, "test")
    async with connect(target) as channel:
        consumer = LogConsumer(
            NAME, Unsteady(KeyError("a mistake"), 1), schema=SCHEMA, database=database, database_url=tally_url,
            channel=channel,
        )  # fmt: skip
        await log.write(1)
        with pytest.RaisesGroup(KeyError):
            await asyncio.wait_for(consumer.run(), 20)
    await database.close()


@pytest.mark.usefixtures("built")
async def test_what_it_holds_can_be_taken_from_it_at_any_time(log, connection, tally_url, target):
    async with tallying(tally_url, target) as consumer:
        await follows(consumer)
        for _ in range(10):
            await log.write(2)
            await connection.execute("UPDATE tally.log_cursor SET gen = gen + 1, holder = 1 WHERE shard % 3 = 0")
            await log.write(2)
        await eventually(log.is_tallied)
        assert consumer.state.rebuilds == 0


async def test_a_server_that_goes_and_comes_back_is_followed_again(log, mesh, tally_url, target):
    async with tallying(tally_url, target) as consumer:
        await follows(consumer)
        await mesh.stop(REALTIME)
        await log.write()

        async def says_so():
            return consumer.state.following_since is None and consumer.state.last_error is not None

        await eventually(says_so)
        await mesh.start(REALTIME)
        await eventually(log.is_tallied)
        await follows(consumer)


@pytest.mark.usefixtures("built")
async def test_sessions_that_are_ended_are_opened_again(log, connection, tally_url, target):
    async with tallying(tally_url, target) as consumer:
        await follows(consumer)
        for _ in range(3):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'montrg_tally'"
            )
            await log.write()
            await eventually(log.is_tallied)
        assert consumer.state.rebuilds == 0


@pytest.mark.usefixtures("built")
async def test_what_the_log_dropped_is_made_up_for_by_one_rebuild_of_the_group(
    admin_url, log, connection, tally_url, target
):
    before = await log.rebuilds()
    await log.write()
    database = Database(service_url(admin_url, "realtime"), 1, "test")
    later = datetime.now(UTC) + timedelta(minutes=1)
    await SqlLog(database).trim(keep_after=later, oldest=later, most_bytes=1 << 40)
    await database.close()
    async with tallying(tally_url, target) as first, tallying(tally_url, target) as second:
        await eventually(log.is_tallied)

        async def shared():
            return len(first.state.shards) == len(second.state.shards) == 8

        await eventually(shared)
        await log.write()
        await eventually(log.is_tallied)
        assert await log.rebuilds() == before + 1
        assert sorted((first.state.rebuilds, second.state.rebuilds)) == [0, 1]
        expired = [state.last_error for state in (first.state, second.state) if state.rebuilds]
        assert "OUT_OF_RANGE" in expired[0]


async def test_readings_that_come_during_a_rebuild_count_once(log, connection, tally_url, target):
    class Slow(Tally):
        async def rebuild(self, work, place):
            await log.write()
            await super().rebuild(work, place)
            await log.write()

    await connection.execute("UPDATE tally.log_cursor SET generation = '', seq = 0")
    async with tallying(tally_url, target, Slow()) as consumer:

        async def rebuilt():
            return consumer.state.rebuilds == 1

        await eventually(rebuilt)
        await eventually(log.is_tallied)


async def test_while_one_rebuilds_the_others_wait(log, connection, tally_url, target):
    building, finish = asyncio.Event(), asyncio.Event()

    class Slow(Tally):
        async def rebuild(self, work, place):
            building.set()
            await finish.wait()
            await super().rebuild(work, place)

    await connection.execute("UPDATE tally.log_cursor SET generation = '', seq = 0")
    async with tallying(tally_url, target, Slow()) as first:
        await asyncio.wait_for(building.wait(), 10)
        async with tallying(tally_url, target) as second:
            await log.write()
            await asyncio.sleep(1.5)
            assert second.state.shards == frozenset()
            finish.set()
            await eventually(log.is_tallied)

            async def shared():
                return len(first.state.shards) == len(second.state.shards) == 8

            await eventually(shared)
            assert second.state.rebuilds == 0


async def test_a_consumer_that_was_removed_from_the_log_is_registered_again(log, tally_url, target):
    async with tallying(tally_url, target) as consumer, grpc.aio.insecure_channel(target) as channel:
        await follows(consumer)
        stub = reading_log_service_pb2_grpc.ReadingLogServiceStub(channel)
        await stub.RemoveConsumer(pb2.RemoveConsumerRequest(consumer=NAME))

        async def registered():
            answer = await stub.ListConsumers(pb2.ListConsumersRequest())
            return [c.consumer for c in answer.consumers] == [NAME] and answer.consumers[0].lag_batches == 0

        await log.write()
        await eventually(registered)


async def test_a_shard_whose_place_the_log_never_reached_has_everything_rebuilt(log, connection, tally_url, target):
    before = await log.rebuilds()
    # As after a restore to an older state, from which another replica's shards have not been read on yet.
    await connection.execute("UPDATE tally.log_cursor SET seq = seq + 100 WHERE shard = 5")
    async with tallying(tally_url, target) as consumer:
        await eventually(log.is_tallied)
        await follows(consumer)
        assert (consumer.state.rebuilds, await log.rebuilds()) == (1, before + 1)
        assert await connection.fetchval("SELECT count(DISTINCT seq) FROM tally.log_cursor") == 1
