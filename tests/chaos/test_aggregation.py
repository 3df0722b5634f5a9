"""Replicas of the aggregation service that are killed again and again under load: no rollup changes by it."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.directory import make_place, register
from tests.support.mesh import eventually
from tests.support.rollups import assert_rollups_are_right, followed
from tests.support.soak import SEED, kills

KILLS = kills(usual=3, share=0.2)
WRITERS, SENSORS, REPLICAS = 4, 25, 2
# Between two batches: the machine is to have some time for who is started again.
PAUSE_S = 0.2


async def write(stub, writer, over):
    """Writes until `over`: new readings, late ones, and some batches a second time."""
    chance = random.Random(SEED + writer)
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    count = 0
    while not over.is_set():
        moments = [begin + timedelta(seconds=chance.randrange(2 * 86400)) for _ in range(200)]
        readings = [
            ingest_pb2.Reading(
                sensor_id=f"k{writer}-{chance.randrange(SENSORS)}",
                capture_time=moment,
                temperature=chance.randint(1000, 4000) / 100,
                humidity=chance.randint(1000, 9000) / 100,
            )
            for moment in moments
        ]
        for _ in range(1 + (chance.random() < 0.2)):
            answer = await stub.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
            count += answer.accepted + answer.late
        await asyncio.sleep(PAUSE_S)
    return count


async def test_kills_change_no_rollup(connection, mesh, start):
    print(f"SEED={SEED} KILLS={KILLS}")
    chance = random.Random(SEED)
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "K-1")
        await register(channel, *(f"k{w}-{s}" for w in range(WRITERS) for s in range(SENSORS)), loc_id="K-1")
    over = asyncio.Event()
    held = "SELECT count(*) FROM aggregation.log_cursor WHERE holder IS NOT NULL AND seq > 0"
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel, asyncio.TaskGroup() as tasks:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        writing = [tasks.create_task(write(stub, writer, over)) for writer in range(WRITERS)]
        replicas = [start("aggregation") for _ in range(REPLICAS)]
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(1.0, 4.0))
            await eventually(lambda: connection.fetchval(held), 60)  # else a kill touches nobody, and shows nothing
            victim = replicas.pop(chance.randrange(REPLICAS))
            victim.kill()
            victim.wait()
            replicas.append(start("aggregation"))
        over.set()
    await followed(connection)
    written = sum(task.result() for task in writing)
    assert await connection.fetchval("SELECT sum(readings) FROM aggregation.monthly") == written > 10_000
    print(f"{written} readings, {await assert_rollups_are_right(connection)} rollups")
