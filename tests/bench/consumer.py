"""How fast a consumer of the reading log is, how soon it has a reading, and how soon another one takes over."""

import asyncio
import statistics
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.realtime.log.repository import READ
from tests.chaos.group import Group
from tests.chaos.tally import TABLES, login, tallying
from tests.support.mesh import eventually
from tests.support.reading_log import payload

BATCHES, READINGS = 500, 1_000
LIVE_S, LIVE_BATCHES_S, LIVE_READINGS = 5.0, 50, 20
TAKE_OVERS = 5
APPEND = "INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2)"


class Arrivals:
    """Work that does nothing but note what came, and how long after its commit."""

    def __init__(self):
        self.readings = 0
        self.delays_ms = []

    async def apply(self, connection, slices):
        now = datetime.now(UTC)
        self.readings += sum(map(len, slices))
        self.delays_ms += [(now - part.append_time).total_seconds() * 1000 for part in slices]

    async def rebuild(self, connection, place):
        pass

    def lost(self, shards):
        pass


def rows(count):
    now = datetime.now(UTC)
    return [(f"b-{number}", now - timedelta(seconds=1), 20.5) for number in range(count)]


@asynccontextmanager
async def consuming(url, target):
    work = Arrivals()
    async with tallying(url, target, work) as consumer:

        async def following():
            return consumer.state.following_since is not None

        await eventually(following)
        yield work


async def bare_reading(connection, seq):
    """Readings a second of one connection that reads the log and parses what it gets: the limit."""
    began, count = time.perf_counter(), 0
    while found := await connection.fetch(READ, seq):
        count += sum(len(pb2.ReadingBatch.FromString(row["payload"]).series_index) for row in found)
        seq = found[-1]["seq"]
    return count / (time.perf_counter() - began)


async def measure_backlog(connection, url, target, table):
    async with consuming(url, target):
        pass
    seq = await connection.fetchval("SELECT min(seq) FROM tally.log_cursor")
    batch = payload(rows(READINGS))
    await connection.executemany(APPEND, [(READINGS, batch)] * BATCHES)
    limit = await bare_reading(connection, seq)
    work = Arrivals()
    async with tallying(url, target, work):
        while work.readings == 0:
            await asyncio.sleep(0)
        began, first = time.perf_counter(), work.readings
        while work.readings < BATCHES * READINGS:
            await asyncio.sleep(0.001)
        rate = (work.readings - first) / (time.perf_counter() - began)
    table.add("consumer on a backlog", f"{rate:,.0f} readings/s", f"{limit:,.0f}/s", rate / limit)


async def measure_delay(connection, url, target, table):
    batch = payload(rows(LIVE_READINGS))
    async with consuming(url, target) as work:
        began = time.perf_counter()
        for number in range(int(LIVE_S * LIVE_BATCHES_S)):
            await connection.execute(APPEND, LIVE_READINGS, batch)
            await asyncio.sleep(max(0, began + number / LIVE_BATCHES_S - time.perf_counter()))
        await asyncio.sleep(0.5)
        cuts = statistics.quantiles(work.delays_ms, n=100)
    rate = LIVE_BATCHES_S * LIVE_READINGS
    name = f"commit to consumer at {rate:,} readings/s, p50"
    table.add(name, f"{cuts[49]:.1f} ms", target="< 10 ms", met=cuts[49] < 10)
    table.add("  its p99", f"{cuts[98]:.1f} ms", target="< 50 ms", met=cuts[98] < 50)


async def measure_take_over(connection, url, target, table):
    times = []
    with tempfile.TemporaryDirectory() as folder:
        group = Group(connection, url, target, Path(folder))
        try:
            group.start()
            await group.come_to(16)
            for _ in range(TAKE_OVERS):
                before = await group.holders()
                group.start()
                await group.come_to(8, 8)
                group.kill(group.replicas[0])
                began = time.perf_counter()
                while before & await group.holders():
                    await asyncio.sleep(0.005)
                times.append(time.perf_counter() - began)
                await group.come_to(16)
        finally:
            group.close()
    table.add("take-over after kill -9, median", f"{statistics.median(times) * 1000:.0f} ms")
    table.add("  the longest", f"{max(times) * 1000:.0f} ms")


async def measure_consumer(mesh, table):
    """Adds the rows of a consumer beside the running mesh."""
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        await connection.execute(TABLES)
        target = f"127.0.0.1:{mesh.grpc_port('realtime')}"
        for measure in (measure_delay, measure_backlog, measure_take_over):
            await measure(connection, login(mesh.admin_url), target, table)
    finally:
        await connection.close()
