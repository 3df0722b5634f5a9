"""Writes to the reading log as the realtime service does, but in SQL, so that a test decides how and when."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READINGS = """
INSERT INTO realtime.readings (sensor_id, capture_time, receive_time, loc_id, temperature, humidity, raw_temperature,
                               raw_humidity, quality, source)
SELECT sensor_id, capture_time, now(), 'A-1', temperature, 50, temperature, 50, 1, 'measured'
FROM unnest($1::text[], $2::timestamptz[], $3::float8[]) AS t(sensor_id, capture_time, temperature)
"""
_BATCH = "INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2) RETURNING id"


async def prepare(connection):
    """Makes the partitions that Measuring's readings are in."""
    await connection.execute("SELECT realtime.ensure_partitions(ARRAY[now() - interval '2 days', now()])")


@asynccontextmanager
async def prepared(admin_url, script="SELECT"):
    """An admin's connection to a database that can be written to, after a script."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(script)
        await prepare(connection)
        yield connection
    finally:
        await connection.close()


def payload(rows):
    """What the log keeps of (sensor_id, capture_time, temperature)."""
    rows = sorted(rows)
    sensors = sorted({row[0] for row in rows})
    batch = pb2.ReadingBatch(
        series=[pb2.Series(sensor_id=sensor, loc_id="A-1", source="measured") for sensor in sensors],
        series_index=[sensors.index(row[0]) for row in rows],
        capture_time_us=[(row[1] - EPOCH) // timedelta(microseconds=1) for row in rows],
        temperature=[row[2] for row in rows],
        humidity=[50.0] * len(rows),
        pcv_temperature=[float("nan")] * len(rows),
        quality=[1] * len(rows),
    )
    batch.receive_time.GetCurrentTime()
    return batch.SerializeToString()


async def store(connection, rows):
    """Stores and appends rows of (sensor_id, capture_time, temperature) in the caller's transaction."""
    await connection.execute(_READINGS, *(list(column) for column in zip(*rows, strict=True)))
    return await connection.fetchval(_BATCH, len(rows), payload(rows))


async def append(connection, rows):
    """The same in a transaction of its own."""
    async with connection.transaction():
        return await store(connection, rows)


class Measuring:
    """Makes up readings of some sensors, each newer than the one before, and counts those that were acknowledged."""

    def __init__(self, sensors, seed):
        self.sensors = sensors
        self.random = random.Random(seed)
        self.totals = {}
        self._moment = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)

    def rows(self, most):
        rows = []
        for _ in range(self.random.randint(1, most)):
            self._moment += timedelta(milliseconds=10)
            temperature = self.random.randint(2000, 4000) / 100
            rows.append((self.random.choice(self.sensors), self._moment, temperature))
        return rows

    def acknowledge(self, rows):
        for sensor, _, temperature in rows:
            count, total = self.totals.get(sensor, (0, 0))
            self.totals[sensor] = (count + 1, total + round(temperature * 100))


async def write_in_sql(connection, measuring, over, *, most=50):
    """Writes until `over`, in transactions that stay open for a while, and of which some are rolled back."""
    while not over.is_set():
        rows = measuring.rows(most)
        transaction = connection.transaction()
        await transaction.start()
        await store(connection, rows)
        await asyncio.sleep(measuring.random.uniform(0, 0.05))
        if measuring.random.random() < 0.15:
            await transaction.rollback()
        else:
            await transaction.commit()
            measuring.acknowledge(rows)
