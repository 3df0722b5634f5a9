"""Stores batches of readings in PostgreSQL: the readings, the latest of each sensor and the log, in one transaction."""

import io
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, select, text

from services.common.binary_copy import binary_rows, timestamps
from services.common.database import Database
from services.common.paging import PageRequest
from services.realtime.ingest import convert
from services.realtime.ingest.columns import Bools, Floats, Readings, microseconds, moment_of
from services.realtime.ingest.domain import NoPartitionError, Stored, StoredReading
from services.realtime.ingest.trust import FlatRule, Last, Run, clock_skews, flat_runs, newest, unknown, with_flat_lines
from services.realtime.tables import readings as readings_table

_TEXTS = ("sensor_id", "loc_id", "source")
_NUMBERS = ("temperature", "humidity", "pcv_temperature", "raw_temperature", "raw_humidity", "raw_pcv_temperature")
_COLUMNS = (*_TEXTS, "capture_time", "receive_time", *_NUMBERS, "quality")
_TYPES = ("text",) * 3 + ("timestamptz",) * 2 + ("float8",) * 6 + ("int2",)
_NAMES = ", ".join(_COLUMNS)
_ARRAYS = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(_TYPES, 1))

# In one order everywhere, so that two writers that share sensors wait for each other instead of deadlocking.
_LOCK_LATEST = """
SELECT sensor_id, capture_time, raw_temperature, raw_humidity, flat_since, flat_samples, clock_skew_s
FROM realtime.latest WHERE sensor_id = ANY($1) ORDER BY sensor_id FOR UPDATE
"""
_INSERT = f"""
INSERT INTO realtime.readings ({_NAMES}) SELECT * FROM unnest({_ARRAYS}) ON CONFLICT DO NOTHING
RETURNING sensor_id, capture_time
"""  # noqa: S608  the columns are our own
_UPSERT_LATEST = (
    f"INSERT INTO realtime.latest ({_NAMES}, flat_since, flat_samples, clock_skew_s) "  # noqa: S608
    f"SELECT * FROM unnest({_ARRAYS}, $13::timestamptz[], $14::int4[], $15::float8[]) "
    "ON CONFLICT (sensor_id) DO UPDATE SET "
    + ", ".join(f"{n} = excluded.{n}" for n in (*_COLUMNS[1:], "flat_since", "flat_samples", "clock_skew_s"))
    + " WHERE latest.capture_time < excluded.capture_time"
)
_EXISTING = """
SELECT k.row, r.raw_temperature, r.raw_humidity, r.raw_pcv_temperature
FROM unnest($1::int4[], $2::text[], $3::timestamptz[]) AS k(row, sensor_id, capture_time)
JOIN realtime.readings r USING (sensor_id, capture_time)
"""
_APPEND = "INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2)"


class SqlReadings:
    """Satisfies ReadingStore."""

    def __init__(self, database: Database, flat: FlatRule) -> None:
        self._database = database
        self._flat = flat

    async def store(self, readings: Readings) -> Stored:
        """Stores the readings that are new, in one transaction; they are sorted by sensor and time, each key once.

        Raises:
            NoPartitionError: some are of a time that has no partition; nothing is stored.
        """
        try:
            return await self._store(readings)
        except asyncpg.UniqueViolationError:
            # Another writer stored the first readings that a sensor ever sent; now there is a latest to go by.
            return await self._store(readings)
        except asyncpg.CheckViolationError as error:
            if "no partition of relation" not in str(error):
                raise
            raise NoPartitionError from error

    async def _store(self, readings: Readings) -> Stored:
        async with self._database.driver() as connection:
            return await self._store_in(connection, readings)

    async def _store_in(self, connection: asyncpg.Connection, readings: Readings) -> Stored:
        last = await _lock_latest(connection, readings.sensors)
        # Nothing that is newer than a sensor's latest can be stored already, and the lock keeps it so.
        is_fresh = readings.capture_time > last.capture_time[readings.sensor]
        fresh = readings.take(is_fresh)
        run = flat_runs(fresh, last)
        fresh = with_flat_lines(fresh, run, self._flat)
        readings = readings.with_quality(is_fresh, fresh.quality)
        is_new = is_fresh.copy()
        if len(fresh):
            await _copy(connection, fresh)
        if not is_fresh.all():
            is_new[~is_fresh] = await _insert(connection, readings.take(~is_fresh))
        skews = last.clock_skew_s.copy()
        if len(fresh):
            is_newest = newest(fresh)
            tops = fresh.take(is_newest)
            skews[tops.sensor] = clock_skews(tops, last)
            await _upsert_latest(connection, tops, run.take(is_newest), skews[tops.sensor])
        if is_new.any():
            new = readings.take(is_new)
            await connection.execute(_APPEND, len(new), convert.batch_payload(new, np.nan_to_num(skews)))
        repeated = np.flatnonzero(~is_new)
        existing = await _existing(connection, readings, repeated) if len(repeated) else np.empty((0, 3))
        return Stored(is_new, last.capture_time, repeated, existing)

    async def ensure_partitions(self, times: Sequence[datetime]) -> None:
        """Makes the partitions that hold these times, but for those that retention has frozen."""
        days = sorted({moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in times})
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT realtime.ensure_partitions(:times)"), {"times": days})

    async def drop_before(self, moment: datetime) -> int:
        """Drops the partitions that end at or before a moment; returns how many."""
        async with self._database.transaction() as connection:
            return int(await connection.scalar(text("SELECT realtime.drop_partitions(:before)"), {"before": moment}))

    async def frozen_before(self) -> datetime:
        """Returns the time before which readings were dropped."""
        async with self._database.transaction() as connection:
            moment: datetime = await connection.scalar(text("SELECT frozen_before FROM realtime.layout"))
            return moment

    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Sequence[StoredReading]:
        """Returns up to one row more than the limit, by ascending capture_time."""
        time = readings_table.c.capture_time
        filters = [readings_table.c.sensor_id == sensor_id]
        filters += [] if start is None else [time >= start]
        filters += [] if end is None else [time < end]
        if request.after is not None:
            filters.append(time > request.after[0])
        statement = select(readings_table).where(and_(*filters)).order_by(time)
        statement = statement.offset(request.skip).limit(request.limit + 1)
        async with self._database.transaction() as connection:
            return [StoredReading(**row) for row in (await connection.execute(statement)).mappings()]


async def _lock_latest(connection: asyncpg.Connection, sensors: Sequence[str]) -> Last:
    last = unknown(len(sensors))
    number = {name: index for index, name in enumerate(sensors)}
    for name, captured, temperature, humidity, since, samples, skew in await connection.fetch(_LOCK_LATEST, sensors):
        index = number[name]
        last.capture_time[index] = microseconds(captured)
        last.raw_temperature[index], last.raw_humidity[index] = temperature, humidity
        last.flat_since[index], last.flat_samples[index] = microseconds(since), samples
        last.clock_skew_s[index] = skew
    return last


async def _copy(connection: asyncpg.Connection, rows: Readings) -> None:
    texts, text_of_row = rows.series()
    received = np.full(len(rows), microseconds(rows.receive_time))
    numbers = [timestamps(rows.capture_time), timestamps(received), *(getattr(rows, n) for n in _NUMBERS), rows.quality]
    source = io.BytesIO(binary_rows(texts, text_of_row, numbers))
    await connection.copy_to_table("readings", schema_name="realtime", columns=_COLUMNS, source=source, format="binary")


async def _insert(connection: asyncpg.Connection, rows: Readings) -> Bools:
    """Inserts readings that may be there already; tells which were not."""
    columns = _lists(rows)
    inserted = {tuple(key) for key in await connection.fetch(_INSERT, *columns)}
    return np.array([key in inserted for key in zip(columns[0], columns[3], strict=True)], dtype=bool)


async def _upsert_latest(connection: asyncpg.Connection, tops: Readings, run: Run, skews: Floats) -> None:
    """Makes readings the latest of their sensors."""
    since = [moment_of(moment) for moment in run.since.tolist()]
    await connection.execute(_UPSERT_LATEST, *_lists(tops), since, run.samples.tolist(), skews.tolist())


async def _existing(connection: asyncpg.Connection, readings: Readings, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Returns what is stored in place of some rows: temperature, humidity and index as sent; NaN where NULL."""
    names = [readings.sensors[i] for i in readings.sensor[rows].tolist()]
    times = [moment_of(moment) for moment in readings.capture_time[rows].tolist()]
    found = np.full((len(rows), 3), np.nan)
    for row, *values in await connection.fetch(_EXISTING, list(range(len(rows))), names, times):
        found[row] = [np.nan if value is None else value for value in values]
    return found


def _lists(rows: Readings) -> list[list[object]]:
    """Returns the rows as arrays that asyncpg sends, in the order of _COLUMNS."""
    texts, text_of_row = rows.series()
    words = [list(column) for column in zip(*(texts[i] for i in text_of_row.tolist()), strict=True)]
    captured = [moment_of(moment) for moment in rows.capture_time.tolist()]
    numbers = [[None if v != v else v for v in getattr(rows, name).tolist()] for name in _NUMBERS]  # noqa: PLR0124  NaN
    return [*words, captured, [rows.receive_time] * len(rows), *numbers, rows.quality.tolist()]
