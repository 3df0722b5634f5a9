"""A consumer that is killed again and again while many write at the same time loses nothing and doubles nothing."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.conftest import service_url
from tests.support.directory import make_place, register
from tests.support.reading_log import Measuring, write_in_sql
from tests.support.soak import SEED, kills

KILLS = kills(usual=3, share=0.2)
SQL_WRITERS, GRPC_WRITERS, SENSORS = 4, 4, 5

# Every transaction now waits inside COMMIT, before it gets its number, so that those of the service overlap as well.
SLEEP = """
CREATE FUNCTION realtime.a_sleep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(random() * 0.03);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_sleep AFTER INSERT ON realtime.reading_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION realtime.a_sleep();
"""
OVERLAPS = """
SELECT count(*) FROM (SELECT id, max(id) OVER (ORDER BY seq) AS most FROM realtime.reading_log) t WHERE id < most
"""


async def write_by_grpc(stub, measuring, over):
    """Writes until `over`, some batches a second time, as a sensor does that missed the answer."""
    while not over.is_set():
        rows = measuring.rows(50)
        readings = [
            ingest_pb2.Reading(sensor_id=sensor, capture_time=moment, temperature=temperature, humidity=50)
            for sensor, moment, temperature in rows
        ]
        request = ingest_pb2.WriteReadingsRequest(readings=readings)
        answer = await stub.WriteReadings(request)
        assert answer.accepted + answer.late == len(rows), answer
        measuring.acknowledge(rows)
        if measuring.random.random() < 0.1:
            again = await stub.WriteReadings(request)
            assert again.duplicate == len(rows), again


class NaiveConsumer:
    """Tails the batches by the number that they get when they are written, as one would at first think is right."""

    def __init__(self, connection):
        self._connection = connection
        self._last = 0
        self.seen = set()

    async def look(self):
        statement = "SELECT id FROM realtime.reading_batch WHERE id > $1 ORDER BY id"
        rows = await self._connection.fetch(statement, self._last)
        self.seen |= {row["id"] for row in rows}
        self._last = rows[-1]["id"] if rows else self._last

    async def close(self):
        await self._connection.close()

    async def run(self, over):
        while not over.is_set():
            await self.look()
            await asyncio.sleep(0.005)


async def test_kills_lose_nothing_and_double_nothing(admin_url, connection, mesh, group):
    print(f"SEED={SEED} KILLS={KILLS}")
    chance = random.Random(SEED)
    await connection.execute(SLEEP)
    measured = [
        Measuring([f"w{writer}-{number}" for number in range(SENSORS)], seed=SEED + writer)
        for writer in range(SQL_WRITERS + GRPC_WRITERS)
    ]
    by_grpc = measured[SQL_WRITERS:]
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel)
        await register(channel, *(sensor for measuring in by_grpc for sensor in measuring.sensors))
    over = asyncio.Event()
    begin = datetime.now(UTC)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        connections = [await asyncpg.connect(service_url(admin_url, "realtime")) for _ in range(SQL_WRITERS)]
        for writer in connections:
            stack.push_async_callback(writer.close)
        for writer, measuring in zip(connections, measured, strict=False):
            tasks.create_task(write_in_sql(writer, measuring, over))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(mesh.url(REALTIME)))
        for measuring in by_grpc:
            tasks.create_task(write_by_grpc(ingest_service_pb2_grpc.IngestServiceStub(channel), measuring, over))
        naive = NaiveConsumer(await asyncpg.connect(admin_url))
        tasks.create_task(naive.run(over))
        for _ in range(3):
            group.start(pause_s=0.05)
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(1.0, 5.0))
            awake = [replica for replica in group.replicas if replica not in group.stopped]
            if len(awake) == len(group.replicas) and chance.random() < 0.3:
                tasks.create_task(group.stop_for(chance.choice(awake), chance.uniform(1.0, 8.0)))
                awake = [replica for replica in group.replicas if replica not in group.stopped]
            group.kill(chance.choice(awake))
            group.start(pause_s=0.05)
        over.set()
    seconds = (datetime.now(UTC) - begin).total_seconds()
    await group.come_to_the_end()
    await naive.look()
    await naive.close()

    acknowledged = {sensor: total for measuring in measured for sensor, total in measuring.totals.items()}
    written = sum(count for count, _ in acknowledged.values())
    overlaps = await connection.fetchval(OVERLAPS)
    everything = {row["id"] for row in await connection.fetch("SELECT id FROM realtime.reading_log")}
    replicas = await connection.fetchval("SELECT count(DISTINCT member) FROM tally.journal")
    print(f"{written} readings in {len(everything)} batches in {seconds:.0f} s, {overlaps} committed out of turn;")
    print(f"{replicas} replicas at work; a naive consumer lost {len(everything - naive.seen)} batches")
    assert overlaps > 0, "no transactions overlapped: the test shows nothing"
    assert everything - naive.seen, "a naive consumer lost nothing: the test shows nothing"
    assert replicas > 2, "the kills touched nobody: the test shows nothing"
    assert await group.totals(acknowledged) == acknowledged
    assert await group.applied_twice() == 0
