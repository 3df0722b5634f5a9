"""How many readings a second a process judges, and what memory many sensors take."""

import asyncio
import signal
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2

from services.common.epoch import microseconds

BACKLOG, SENSORS, EACH = 1_000_000, 10_000, 2
BATCH = SENSORS * EACH
MANY = 100_000
LEAST_PER_SECOND = 50_000
MOST_MB = 300
# Of so many sensors something is the matter at any time: in the usual case, and in a heat wave.
SHARES = (0.02, 1.0)
_PASSED = "SELECT min(seq) FROM alert.log_cursor"


def _batch(prefix, sensors, each, begin, hot):
    """Some readings of each sensor, ten seconds apart; a share of the sensors is hot."""
    random = np.random.default_rng(begin)
    count = sensors * each
    is_hot = np.repeat(np.arange(sensors) < sensors * hot, each)
    # A heat wave rises and falls within hours, with a little noise: so levels change, but not with every reading.
    of_day = (begin // 1_000_000 % 7200) / 7200 * 2 * np.pi
    wave = 34 + 3 * np.sin(of_day + np.repeat(np.arange(sensors), each)) + random.uniform(-0.2, 0.2, count)
    pcv = np.where(is_hot, wave, random.uniform(20, 30, count))
    batch = log_pb2.ReadingBatch(
        series=[log_pb2.Series(sensor_id=f"{prefix}-{n}", loc_id="eval", source="bench") for n in range(sensors)],
        series_index=np.repeat(np.arange(sensors), each).tolist(),
        capture_time_us=(begin + np.tile(np.arange(each) * 10_000_000, sensors)).tolist(),
        temperature=np.round(random.uniform(20, 30, count), 2).tolist(),
        humidity=np.round(random.uniform(20, 60, count), 2).tolist(),
        pcv_temperature=np.round(pcv, 1).tolist(),
        quality=[1] * count,
    )
    batch.receive_time.GetCurrentTime()
    return count, batch.SerializeToString()


async def _append(connection, batch):
    await connection.execute("INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2)", *batch)


async def _passed(connection, seq):
    while (await connection.fetchval(_PASSED) or 0) < seq:
        await asyncio.sleep(0.02)


async def _end(connection):
    return await connection.fetchval("SELECT max(seq) FROM realtime.reading_log")


async def _measure_backlog(mesh, connection, table, hot, begin):
    """What waits while the service is stopped."""
    mesh.signal("alert", signal.SIGSTOP)
    step = timedelta(seconds=10 * EACH)
    for number in range(BACKLOG // BATCH):
        await _append(connection, _batch("eval", SENSORS, EACH, microseconds(begin + number * step), hot))
    first, last = await connection.fetchval(_PASSED), await _end(connection)
    mesh.signal("alert", signal.SIGCONT)
    seq = first
    while seq == first:
        await asyncio.sleep(0.01)
        seq = await connection.fetchval(_PASSED)
    began, start, spent = time.perf_counter(), seq, mesh.spent("alert")[0]
    await _passed(connection, last)
    rate = (last - start) * BATCH / (time.perf_counter() - began)
    busy = (last - start) * BATCH / (mesh.spent("alert")[0] - spent)
    name = f"judging a backlog of {BACKLOG:,}, {SENSORS:,} sensors, {hot:.0%} of them hot"
    table.add(name, f"{rate:,.0f} readings/s", target=f">= {LEAST_PER_SECOND:,}", met=rate >= LEAST_PER_SECOND)
    # The rollups are made of the same backlog at the same time.
    table.add("  each second of its own processor time", f"{busy:,.0f} readings")


async def measure_evaluation(mesh, table):
    """Adds the rows of the evaluation."""
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        await _passed(connection, await _end(connection) or 0)
        begin = datetime.now(UTC) - timedelta(hours=2)
        for hot in SHARES:
            await _measure_backlog(mesh, connection, table, hot, begin)
            begin += timedelta(seconds=10 * BACKLOG // SENSORS)
        open_alerts = await connection.fetchval("SELECT count(*) FROM alert.alert WHERE state <> 'CLEARED'")
        table.add("  open alerts thereafter", f"{open_alerts:,}")
        for number in range(10):
            name = f"many{number}"
            await _append(connection, _batch(name, MANY // 10, 1, microseconds(datetime.now(UTC)), 0.0))
        await _passed(connection, await _end(connection))
        size = mesh.rss_mb()["alert"]
        name = f"memory of alert with {MANY:,} more sensors (RSS)"
        table.add(name, f"{size:.0f} MB", target=f"< {MOST_MB} MB", met=size < MOST_MB)
    finally:
        await connection.close()
