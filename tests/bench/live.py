"""Watchers of `realtime/watch` through Envoy: how soon they see a change, and what each of them costs."""

import asyncio
import statistics
import time
from datetime import UTC, datetime

import grpc
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc

from tests.bench.watcher import Watchers
from tests.support.directory import make_place, register

# Watchers, changes a round, seconds between two changes.
RUNS = ((100, 60, 0.15), (1_000, 10, 1.0))
ROUNDS = 3
JUDGED, TARGET_MS = 100, 100
PLACE = "watched"


async def measure_watching(mesh, table):
    """Rows for each number of watchers."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        await make_place(channel, PLACE)
        await register(channel, "watched", loc_id=PLACE, interval_s=3600)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('realtime')}") as channel:
        ingest = ingest_service_pb2_grpc.IngestServiceStub(channel)
        await _write(ingest, 0.0)
        for count, changes, pause_s in RUNS:
            await _measure(mesh, table, ingest, count, changes, pause_s)


async def _measure(mesh, table, ingest, count, changes, pause_s):
    programs = ("realtime", "envoy")
    before = {name: mesh.spent(name)[1] for name in programs}
    async with Watchers(mesh.rest_port("realtime"), f"/api/v1/realtime/watch?loc_id={PLACE}", count) as watchers:
        memory = {name: mesh.spent(name)[1] - before[name] for name in programs}
        cpu = {name: mesh.spent(name)[0] for name in programs}
        began = {}
        for number in range(1, ROUNDS * changes + 1):
            began[number / 100] = time.monotonic()
            await _write(ingest, number / 100)
            await asyncio.sleep(pause_s)
        cpu = {name: mesh.spent(name)[0] - cpu[name] for name in programs}
        seen = await watchers.seen()
    # A change that was told as a part of a later one is seen with that one.
    seen = [(value, (at - began[value]) * 1000) for value, at in seen if value]
    share = len(seen) / (count * changes * ROUNDS)
    p50, p99 = (statistics.median(figures) for figures in zip(*_rounds(seen, changes), strict=True))
    judged = {"target": f"p99 < {TARGET_MS} ms", "met": p99 < TARGET_MS} if count == JUDGED else {}
    table.add(f"a change reaches {count:,} watchers, p50 and p99", f"{p50:.1f}, {p99:.1f} ms", **judged)
    table.add("  the first of them and the last, median", _first_and_last(seen))
    table.add("  messages for each change and watcher", f"{share:.3f}")
    costs = ", ".join(f"{cpu[name] / len(seen) * 1000:.3f} s {name}" for name in programs)
    table.add("  processor time for 1,000 messages", costs)
    sizes = ", ".join(f"{memory[name] / count * 1024:.0f} kB {name}" for name in programs)
    table.add("  memory of a watcher", sizes)


def _rounds(seen, changes):
    """Yields p50 and p99 of each round."""
    for number in range(ROUNDS):
        low, high = number * changes / 100, (number + 1) * changes / 100
        late = sorted(ms for value, ms in seen if low < value <= high)
        yield statistics.median(late), late[int(len(late) * 0.99)]


def _first_and_last(seen):
    times: dict[float, list[float]] = {}
    for value, ms in seen:
        times.setdefault(value, []).append(ms)
    first = statistics.median(min(found) for found in times.values())
    last = statistics.median(max(found) for found in times.values())
    return f"{first:.1f}, {last:.1f} ms"


async def _write(ingest, temperature):
    reading = ingest_service_pb2.Reading(
        sensor_id="watched", capture_time=datetime.now(UTC), temperature=temperature, humidity=50
    )
    answer = await ingest.WriteReadings(ingest_service_pb2.WriteReadingsRequest(readings=[reading]))
    assert answer.accepted == 1, answer
