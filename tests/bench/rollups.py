"""What answers from the rollups cost beside bare SQL over them, and whether their consumer keeps up."""

import asyncio
import signal
import statistics
import time
from datetime import UTC, date, datetime, timedelta

import asyncpg
import grpc
import numpy as np
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2

from services.common.reading_log import shard_of
from tests.bench.load import run_load
from tests.bench.writer import run_writer
from tests.support.directory import make_place, register

PATH = "/api/v1/aggregation/pcv_temperature/"
PLACES = 100
ROUNDS, REQUESTS = 5, 20
MOST_RATIO = 3.0
LIGHT, HEAVY = 6, 60  # readings an hour of each sensor
BACKLOG, BATCH, BACKLOG_SENSORS = 5_000_000, 10_000, 1_000
LEAST_PER_SECOND = 50_000
LIVE_REQUESTS = 150

# A year of every hour of each series, and the days and months of them.
_HOURS = """
INSERT INTO aggregation.hourly
SELECT s.series_id, h, (h AT TIME ZONE 'Asia/Seoul')::date, extract(hour FROM h AT TIME ZONE 'Asia/Seoul'), 0,
    360, 0, 360 * 2000 + v, 360 * 5000 + v, 360, 360 * 2200 + v, 1900, 4000, 2000, h, 2100 + v, 6000, 2400 + v,
    h + interval '3590 s'
FROM aggregation.series s, generate_series('2024-12-31T15:00Z'::timestamptz, '2025-12-31T14:00Z', interval '1 hour') h,
    LATERAL (SELECT (s.series_id + extract(epoch FROM h)::int8 / 3600)::int % 1500 AS v) x
WHERE s.sensor_id LIKE 'roll-%'
"""
_LONGER = """
INSERT INTO aggregation.{table}
SELECT series_id, {period}, sum(readings), sum(suspect), sum(temperature_sum), sum(humidity_sum),
    sum(pcv_temperature_readings), sum(pcv_temperature_sum), min(temperature_min), min(humidity_min),
    min(pcv_temperature_min), min(first_time), max(temperature_max), max(humidity_max), max(pcv_temperature_max),
    max(last_time)
FROM aggregation.hourly JOIN aggregation.series USING (series_id) WHERE sensor_id LIKE 'roll-%' GROUP BY 1, 2
"""
# The same columns as the default answer.
_BARE = """
SELECT loc_id, {period}, sum(readings)::int, sum(suspect)::int, max(pcv_temperature_max) / 100.0::float8,
    round(sum(pcv_temperature_sum) / sum(pcv_temperature_readings)) / 100.0::float8,
    max(temperature_max) / 100.0::float8,
    round(sum(temperature_sum) / sum(readings)) / 100.0::float8, max(humidity_max) / 100.0::float8,
    round(sum(humidity_sum) / sum(readings)) / 100.0::float8
FROM aggregation.{table} JOIN aggregation.series USING (series_id)
WHERE {period} >= $1 AND {period} < $2 GROUP BY 1, 2 ORDER BY 1, 2
"""
_SEOUL = timedelta(hours=9)
QUERIES = (
    ("a year by month", "start_date=2025", "monthly", "month", date(2025, 1, 1), date(2026, 1, 1)),
    ("a month by day", "start_date=202507", "daily", "day", date(2025, 7, 1), date(2025, 8, 1)),
    (
        "a day by hour",
        "start_date=20250715",
        "hourly",
        "hour_start",
        datetime(2025, 7, 15, tzinfo=UTC) - _SEOUL,
        datetime(2025, 7, 16, tzinfo=UTC) - _SEOUL,
    ),
)
_LAG = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - (
    SELECT append_time FROM realtime.reading_log WHERE seq > (SELECT min(seq) FROM aggregation.log_cursor)
    ORDER BY seq LIMIT 1
)), 0)::float8
"""


async def _seed(mesh, connection):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        for number in range(PLACES):
            await make_place(channel, f"roll-{number:03d}", factory="Rollups")
    names = [f"roll-{number:03d}" for number in range(PLACES)]
    await connection.executemany(
        "INSERT INTO aggregation.series (sensor_id, loc_id, shard) VALUES ($1, $1, $2)",
        [(name, shard_of(name)) for name in names],
    )
    await connection.execute(_HOURS)
    for table, period in (("daily", "day"), ("monthly", "date_trunc('month', day)::date")):
        await connection.execute(_LONGER.format(table=table, period=period))
    for table in ("hourly", "daily", "monthly", "series"):
        await connection.execute(f"VACUUM ANALYZE aggregation.{table}")


async def _measure_answers(mesh, connection, table):
    port = mesh.rest_port("aggregation")
    for name, query, rollup, period, begin, end in QUERIES:
        bare = await connection.prepare(_BARE.format(table=rollup, period=period))
        subjects, limits = [], []
        for _ in range(ROUNDS):
            times = []
            for _ in range(REQUESTS):
                began = time.perf_counter()
                rows = len(await bare.fetch(begin, end))
                times.append((time.perf_counter() - began) * 1000)
            limits.append(statistics.median(times))
            subjects.append(run_load(port, f"{PATH}?{query}", connections=1, seconds=60, most=REQUESTS).p50)
        subject, limit = statistics.median(subjects), statistics.median(limits)
        row = f"GET aggregation/, {name}, {rows:,} rows, p50"
        met = subject / limit <= MOST_RATIO
        table.add(row, f"{subject:.1f} ms", f"{limit:.1f} ms", subject / limit, f"<= {MOST_RATIO:g}", met=met)


async def _measure_growth(mesh, connection, table):
    """The same day at two factories, one of which measures ten times as often."""
    day = datetime(2026, 3, 2, tzinfo=UTC) - _SEOUL
    counts = {"Light": LIGHT, "Heavy": HEAVY}
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        for factory in counts:
            await make_place(channel, factory, factory=factory)
            await register(channel, *(f"{factory}-{n}" for n in range(10)), loc_id=factory)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('realtime')}") as channel:
        await asyncio.sleep(1)  # realtime follows the new sensors
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        for factory, count in counts.items():
            moments = [day + timedelta(hours=1) / count * n for n in range(24 * count)]
            for n in range(10):
                readings = [
                    ingest_pb2.Reading(sensor_id=f"{factory}-{n}", capture_time=m, temperature=30, humidity=60)
                    for m in moments
                ]
                answer = await stub.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
                assert answer.accepted == len(readings), answer
    await _passed(connection)
    p50: dict[str, list[float]] = {factory: [] for factory in counts}
    for _ in range(ROUNDS):
        for factory, found in p50.items():
            path = f"{PATH}factory/{factory}?start_date=20260302"
            port = mesh.rest_port("aggregation")
            found.append(run_load(port, path, connections=1, seconds=60, most=100).p50)
    light, heavy = (statistics.median(p50[factory]) for factory in counts)
    name = "  a day by hour with 10 times the readings, p50"
    table.add(name, f"{heavy:.2f} ms", f"{light:.2f} ms", heavy / light, "<= 1.25", met=heavy / light <= 1.25)


def _backlog_batch(number):
    """Ten readings of each of a thousand sensors, ten seconds apart."""
    each = BATCH // BACKLOG_SENSORS
    begin = int(datetime(2026, 4, 1, tzinfo=UTC).timestamp()) + number * each * 10
    random = np.random.default_rng(number)
    batch = log_pb2.ReadingBatch(
        series=[
            log_pb2.Series(sensor_id=f"back-{n}", loc_id="Backlog", source="bench") for n in range(BACKLOG_SENSORS)
        ],
        series_index=np.repeat(np.arange(BACKLOG_SENSORS), each).tolist(),
        capture_time_us=((begin + np.tile(np.arange(each) * 10, BACKLOG_SENSORS)) * 1_000_000).tolist(),
        temperature=np.round(random.uniform(20, 40, BATCH), 2).tolist(),
        humidity=np.round(random.uniform(20, 90, BATCH), 2).tolist(),
        pcv_temperature=np.round(random.uniform(20, 40, BATCH), 1).tolist(),
        quality=[1] * BATCH,
    )
    batch.receive_time.GetCurrentTime()
    return batch.SerializeToString()


async def _measure_backlog(mesh, connection, table):
    """What waits while the service is stopped."""
    mesh.signal("aggregation", signal.SIGSTOP)
    statement = "INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2)"
    for number in range(BACKLOG // BATCH):
        await connection.execute(statement, BATCH, _backlog_batch(number))
    first = await connection.fetchval("SELECT min(seq) FROM aggregation.log_cursor")
    last = await connection.fetchval("SELECT max(seq) FROM realtime.reading_log")
    mesh.signal("aggregation", signal.SIGCONT)
    seq, sizes = first, []
    while seq == first:
        await asyncio.sleep(0.01)
        seq = await connection.fetchval("SELECT min(seq) FROM aggregation.log_cursor")
    began, begin = time.perf_counter(), seq
    while seq < last:
        await asyncio.sleep(0.1)
        seq = await connection.fetchval("SELECT min(seq) FROM aggregation.log_cursor")
        sizes.append(mesh.rss_mb()["aggregation"])
    rate = (last - begin) * BATCH / (time.perf_counter() - began)
    name = f"rollups of a backlog of {BACKLOG:,}"
    target = f">= {LEAST_PER_SECOND:,}"
    table.add(name, f"{rate:,.0f} readings/s", target=target, met=rate >= LEAST_PER_SECOND)
    third = max(1, len(sizes) // 3)
    early, late = max(sizes[:third]), max(sizes[-third:])
    table.add(
        "  memory in its last third, to its first",
        f"{late:.0f} MB",
        f"{early:.0f} MB",
        late / early,
        "<= 1.20",
        met=late / early <= 1.2,
    )


async def _measure_lag(mesh, connection, table):
    """How far behind the rollups are while readings come as fast as they are taken in."""
    port, lags = mesh.rest_port("realtime"), []
    writing = asyncio.create_task(
        asyncio.to_thread(run_writer, "grpc", port, rows=BATCH, clients=3, requests=LIVE_REQUESTS)
    )
    while not writing.done():
        lags.append(await connection.fetchval(_LAG))
        await asyncio.sleep(0.02)
    rate = (await writing).rows_per_second
    name = f"rollups behind an ingest of {rate:,.0f} rows/s, longest"
    table.add(name, f"{max(lags) * 1000:.0f} ms", target="< 1,000 ms", met=max(lags) < 1)
    table.add("  median", f"{statistics.median(lags) * 1000:.0f} ms")


async def _passed(connection):
    while await connection.fetchval(_LAG):
        await asyncio.sleep(0.05)


async def measure_rollups(mesh, table):
    """Adds the rows of aggregation; sensors `bench-...` are registered already."""
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        await _passed(connection)
        await _seed(mesh, connection)
        await _measure_answers(mesh, connection, table)
        await _measure_growth(mesh, connection, table)
        await _measure_lag(mesh, connection, table)
        await _passed(connection)
        await _measure_backlog(mesh, connection, table)
    finally:
        await connection.close()
