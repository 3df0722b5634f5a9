"""Durable ingest, beside `copy_records_to_table` of the same rows into the same kind of table."""

import statistics
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc

from tests.bench.writer import SENSORS, run_writer, values
from tests.support.directory import make_place, register

# Rows a request, requests under way at once, requests a round.
GRPC = ((1, 1, 300), (1, 64, 3_000), (100, 4, 400), (1_000, 4, 100), (10_000, 3, 24))
REST = ((1, 64, 2_000), (1_000, 4, 60))
ROUNDS = 3
TARGET_AT = 10_000
TARGET = 0.4

_TABLE = """
DROP TABLE IF EXISTS public.bench_readings;
CREATE TABLE public.bench_readings (LIKE realtime.readings, PRIMARY KEY (sensor_id, capture_time))
    PARTITION BY RANGE (capture_time);
"""


class CopyLimit:
    """One connection that copies records, a transaction each request, and commits them to disk."""

    def __init__(self, connection):
        self._connection = connection

    @classmethod
    async def connect(cls, url):
        """Logs in and makes the table, with the partitions that the service has for these days."""
        connection = await asyncpg.connect(url)
        await connection.execute(_TABLE)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for week in (-1, 0):
            low = today + timedelta(days=7 * week)
            name = f"public.bench_readings_{low:%Y%m%d}"
            bounds = f"FROM ('{low.isoformat()}') TO ('{(low + timedelta(days=7)).isoformat()}')"
            await connection.execute(f"CREATE TABLE {name} PARTITION OF public.bench_readings FOR VALUES {bounds}")
        return cls(connection)

    async def close(self):
        """Drops the table and logs out."""
        await self._connection.execute("DROP TABLE public.bench_readings")
        await self._connection.close()

    async def rows_per_second(self, rows, requests):
        """How many rows a second it copies; the records are made before the clock starts."""
        batches = [[_record(*row) for row in part] for part in values(rows, requests)]
        began = time.perf_counter()
        for batch in batches:
            await self._connection.copy_records_to_table("bench_readings", schema_name="public", records=batch)
        return rows * requests / (time.perf_counter() - began)


def _record(sensor, moment, temperature, humidity):
    captured = datetime.fromtimestamp(moment / 1e6, UTC)
    numbers = (temperature, humidity, temperature, temperature, humidity, temperature)
    return (sensor, captured, captured, "bench", *numbers, 1, "measured")


async def measure_ingest(mesh, table, unary_per_second):
    """Rows a second at each batch size; `unary_per_second` is what reads of a list through Envoy reach."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        await make_place(channel)
        await register(channel, *(f"bench-{number:03d}" for number in range(SENSORS)), interval_s=3600)
    limit = await CopyLimit.connect(mesh.admin_url)
    port = mesh.rest_port("realtime")
    try:
        for door, sizes in (("grpc", GRPC), ("rest", REST)):
            for rows, clients, requests in sizes:
                subjects, limits = [], []
                for _ in range(ROUNDS):
                    limits.append(await limit.rows_per_second(rows, min(requests, 300)))
                    subjects.append(run_writer(door, port, rows=rows, clients=clients, requests=requests + 2))
                _add(table, f"ingest over {door}, {rows:,} a batch, {clients} at once", subjects, limits, rows)
                if (door, clients) == ("grpc", 64):
                    _add_single(table, subjects, unary_per_second)
    finally:
        await limit.close()


def _add(table, name, subjects, limits, rows):
    subject = statistics.median(s.rows_per_second for s in subjects)
    lower = statistics.median(limits)
    ratio = subject / lower
    is_judged = name.startswith("ingest over grpc") and rows == TARGET_AT
    judged = {"target": f">= {TARGET:.2f}", "met": ratio >= TARGET} if is_judged else {}
    table.add(name, f"{subject:,.0f} rows/s", f"{lower:,.0f} rows/s", ratio, **judged)
    p50, p99 = (statistics.median(getattr(s, name) for s in subjects) for name in ("p50", "p99"))
    table.add("  its p50 and p99", f"{p50:.1f}, {p99:.1f} ms")


def _add_single(table, subjects, unary_per_second):
    rate = statistics.median(s.requests_per_second for s in subjects)
    ratio = rate / unary_per_second
    name = "  beside GET thresholds/ that reach the service"
    table.add(name, f"{rate:,.0f}/s", f"{unary_per_second:,.0f}/s", ratio, ">= 0.25", met=ratio >= 0.25)
