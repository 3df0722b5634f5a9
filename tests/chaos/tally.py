"""A small real consumer: keeps count and exact sum of each sensor's temperatures (in 1/100 °C) in a schema of its own.

It remembers the totals in memory and writes them as they are, as the alert service does with its states. So a replica
that went on with what another one had taken over would write wrong ones.
"""

import asyncio
import contextlib
import os
import random
import signal
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy.engine import make_url

from services.common import logs
from services.common.channels import connect
from services.common.database import Database
from services.common.reading_log import CREATE_TABLES, LogConsumer, shard_of
from services.common.tasks import background

NAME = "tally"
SCHEMA = "tally"
ROLE, PASSWORD = "montrg_tally", "tally"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TABLES = f"""
CREATE SCHEMA {SCHEMA};
{CREATE_TABLES.format(schema=SCHEMA)}
CREATE TABLE {SCHEMA}.total (sensor_id text PRIMARY KEY, n bigint NOT NULL, hundredths bigint NOT NULL);
-- Who applied which batch of a sensor, once more than once if the fence had a hole.
CREATE TABLE {SCHEMA}.journal (seq bigint NOT NULL, sensor_id text NOT NULL, member integer NOT NULL);
-- The keys that a rebuild read.
CREATE TABLE {SCHEMA}.seen (sensor_id text, capture_time timestamptz, PRIMARY KEY (sensor_id, capture_time));
CREATE TABLE {SCHEMA}.rebuild (member integer, generation text, seq bigint);
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}';
    END IF;
END $$;
GRANT USAGE ON SCHEMA {SCHEMA}, realtime TO {ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {ROLE};
GRANT SELECT ON realtime.readings TO {ROLE};
"""


def login(admin_url):
    """The consumer's login to a database where TABLES was run."""
    return make_url(admin_url).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)


_LOAD = f"SELECT sensor_id, n, hundredths FROM {SCHEMA}.total WHERE sensor_id = ANY($1)"
_WRITE = f"""
INSERT INTO {SCHEMA}.total SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
ON CONFLICT (sensor_id) DO UPDATE SET n = excluded.n, hundredths = excluded.hundredths
"""
_JOURNAL = (
    f"INSERT INTO {SCHEMA}.journal SELECT seq, sensor, $1 FROM unnest($2::bigint[], $3::text[]) AS t(seq, sensor)"
)
_SEEN = f"""
DELETE FROM {SCHEMA}.seen USING unnest($1::text[], $2::timestamptz[]) AS t(s, t)
WHERE sensor_id = s AND capture_time = t RETURNING sensor_id, capture_time
"""
# One statement, so that both see the readings at one moment.
_REBUILD = f"""
WITH now AS MATERIALIZED (SELECT sensor_id, capture_time, temperature FROM realtime.readings),
keys AS (INSERT INTO {SCHEMA}.seen SELECT sensor_id, capture_time FROM now)
INSERT INTO {SCHEMA}.total SELECT sensor_id, count(*), sum(round(temperature * 100)::bigint) FROM now GROUP BY 1
"""


class Tally:
    """Satisfies LogWork. `pause_s` is waited for at random, at most so long, before a transaction's end."""

    def __init__(self, member=os.getpid(), pause_s=0.0):  # noqa: B008  a process has one
        self._member = member
        self._pause_s = pause_s
        self._totals = {}

    async def apply(self, connection, slices):
        seen = await self._seen(connection, slices)
        counts: dict[str, int] = {}
        sums: dict[str, int] = {}
        journal = []
        for part in slices:
            sensors = [series.sensor_id for series in part.series]
            journal += [(part.seq, sensors[index]) for index in np.unique(part.series_index)]
            for index, moment, temperature in zip(
                part.series_index.tolist(), part.capture_time_us.tolist(), part.temperature.tolist(), strict=True
            ):
                sensor = sensors[index]
                if (sensor, moment) not in seen:
                    counts[sensor] = counts.get(sensor, 0) + 1
                    sums[sensor] = sums.get(sensor, 0) + round(temperature * 100)
        await self._load(connection, counts)
        for sensor, count in counts.items():
            before = self._totals.get(sensor, (0, 0))
            self._totals[sensor] = (before[0] + count, before[1] + sums[sensor])
        n, h = ([self._totals[sensor][i] for sensor in counts] for i in (0, 1))
        await connection.execute(_WRITE, list(counts), n, h)
        seqs, sensors = ([row[i] for row in journal] for i in (0, 1))
        await connection.execute(_JOURNAL, self._member, seqs, sensors)
        await asyncio.sleep(random.uniform(0, self._pause_s))

    async def _seen(self, connection, slices):
        if not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {SCHEMA}.seen)"):
            return set()
        keys = [
            (part.series[index].sensor_id, EPOCH + timedelta(microseconds=moment))
            for part in slices
            for index, moment in zip(part.series_index.tolist(), part.capture_time_us.tolist(), strict=True)
        ]
        rows = await connection.fetch(_SEEN, [key[0] for key in keys], [key[1] for key in keys])
        return {(sensor, (moment - EPOCH) // timedelta(microseconds=1)) for sensor, moment in rows}

    async def _load(self, connection, sensors):
        missing = [sensor for sensor in sensors if sensor not in self._totals]
        if missing:
            for sensor, count, total in await connection.fetch(_LOAD, missing):
                self._totals[sensor] = (count, total)

    async def rebuild(self, connection, place):
        for table in ("total", "seen", "journal"):
            await connection.execute(f"DELETE FROM {SCHEMA}.{table}")
        await connection.execute(_REBUILD)
        statement = f"INSERT INTO {SCHEMA}.rebuild VALUES ($1, $2, $3)"
        await connection.execute(statement, self._member, place.generation, place.seq)

    def lost(self, shards):
        self._totals = {sensor: total for sensor, total in self._totals.items() if shard_of(sensor) not in shards}


class HesitantConsumer(LogConsumer):
    """Waits before each transaction, so that it can be stopped when it is about to begin one."""

    hesitate_s = 0.0

    async def _step(self, batches):
        await asyncio.sleep(self.hesitate_s)
        await super()._step(batches)


@contextlib.asynccontextmanager
async def consumer_of(database_url, target, work, hesitate_s=0.0, pause_s=0.0):
    """A consumer that does not run yet."""
    database = Database(database_url, 3, ROLE)
    try:
        async with connect(target) as channel:
            consumer = HesitantConsumer(
                NAME, work, schema=SCHEMA, database=database, database_url=database_url, channel=channel,
                pause_s=pause_s,
            )  # fmt: skip
            consumer.hesitate_s = hesitate_s
            yield consumer
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def tallying(database_url, target, work=None, pause_s=0.0):
    """A consumer that runs beside the block."""
    async with consumer_of(database_url, target, work or Tally(), pause_s=pause_s) as consumer:
        task = asyncio.create_task(consumer.run())
        try:
            yield consumer
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def main():
    """Runs until SIGTERM."""
    logs.configure(NAME, "INFO")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work = Tally(pause_s=float(os.environ["TALLY_PAUSE_S"]))
    hesitate_s = float(os.environ["TALLY_HESITATE_S"])
    database_url, target = os.environ["TALLY_DATABASE_URL"], os.environ["TALLY_LOG"]
    async with consumer_of(database_url, target, work, hesitate_s) as consumer, background(consumer.run()):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
