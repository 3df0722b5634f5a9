"""Ranges of readings in PostgreSQL, a part at a time over a cursor, so that memory does not grow with the range."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.binary_copy import microseconds_of
from services.common.database import Database
from services.realtime.log.ranges import LONGEST_S, PATIENCE_S, Extent, Place, Range, Rows, Snapshot
from services.realtime.log.repository import head

PART = 5_000

# The numbers come as one value a row, in PostgreSQL's own binary form: Python takes it in as one object, and numpy all
# of a part at once, which is twice as quick as a Python object for each number.
_NUMBERS = np.dtype([("time", ">i8"), ("temperature", ">f8"), ("humidity", ">f8"), ("pcv", ">f8"), ("quality", ">i2")])
_COLUMNS = """
sensor_id, loc_id, source, timestamptz_send(capture_time) || float8send(temperature) || float8send(humidity)
    || float8send(coalesce(pcv_temperature, 'NaN')) || int2send(quality)
"""
_READ = f"""
SELECT {_COLUMNS} FROM realtime.readings WHERE capture_time >= $1 AND capture_time < $2
"""  # noqa: S608  our own words, here and below
_OF_SENSORS = "AND sensor_id = ANY($3)"
_LATEST = f"SELECT {_COLUMNS} FROM realtime.latest WHERE sensor_id > $1 ORDER BY sensor_id LIMIT $2"  # noqa: S608
_FROZEN = text("SELECT frozen_before FROM realtime.layout")

# The use case decides how long a reader is waited for and how long all may take; these are for when it is gone. The
# plan is made anew each time: only with the very times in it are the partitions of other times left alone.
_LIMITS = f"""
SET LOCAL idle_in_transaction_session_timeout = '{2 * PATIENCE_S:.0f}s';
SET LOCAL statement_timeout = '{LONGEST_S:.0f}s';
SET LOCAL plan_cache_mode = force_custom_plan;
"""

_EXTENT = text("SELECT first_time, end_time, frozen_before FROM realtime.reading_extent(), realtime.layout")


class SqlRanges:
    """Satisfies RangeStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def snapshot(self, wanted: Range) -> AsyncIterator[Snapshot]:
        """Gives the database at one moment; the rows hold until the block ends."""
        async with self._database.snapshot() as connection:
            place = await head(connection)  # the first statement is what takes the snapshot
            frozen_before = await connection.scalar(_FROZEN)
            driver = await _driver(connection)
            await driver.execute(_LIMITS)
            yield Snapshot(Place(place.generation, place.last_seq), frozen_before, _rows(driver, wanted))

    async def place(self) -> Place:
        """Returns the log's end."""
        async with self._database.snapshot() as connection:
            now = await head(connection)
        return Place(now.generation, now.last_seq)

    async def latest(self, after: str) -> tuple[Rows, str] | None:
        """Returns the newest readings of the next sensors after one, and the last of these; None after the last."""
        async with self._database.reader() as connection:
            records = await connection.fetch(_LATEST, after, PART, timeout=PATIENCE_S)
        return (_sorted(records), records[-1]["sensor_id"]) if records else None

    async def extent(self) -> Extent:
        """Returns from when to when there are readings, as exactly as their partitions tell it."""
        async with self._database.transaction() as connection:
            return Extent(*(await connection.execute(_EXTENT)).one())


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
    return driver


async def _rows(driver: asyncpg.Connection, wanted: Range) -> AsyncIterator[Rows]:
    if wanted.sensor_ids:
        cursor = await driver.cursor(_READ + _OF_SENSORS, wanted.start, wanted.end, wanted.sensor_ids)
    else:
        cursor = await driver.cursor(_READ, wanted.start, wanted.end)
    while records := await cursor.fetch(PART, timeout=LONGEST_S):
        yield _sorted(records)


def _sorted(records: Sequence[asyncpg.Record]) -> Rows:
    number_of: dict[tuple[str, str, str], int] = {}
    numbers = [number_of.setdefault((sensor, loc, source), len(number_of)) for sensor, loc, source, _ in records]
    series = sorted(number_of)
    place_of = np.empty(len(series), dtype=np.intp)
    place_of[[number_of[one] for one in series]] = np.arange(len(series))
    series_index = place_of[numbers]
    # A sensor that was moved has several series; its readings follow each other by time all the same.
    sensors = sorted({sensor for sensor, _, _ in series})
    sensor_of = np.searchsorted(sensors, [sensor for sensor, _, _ in series])
    values = np.frombuffer(b"".join([record[3] for record in records]), dtype=_NUMBERS)
    captured = microseconds_of(values["time"])
    order = np.lexsort((captured, sensor_of[series_index]))
    return Rows(
        series=series,
        series_index=series_index[order],
        capture_time_us=captured[order],
        temperature=values["temperature"][order].astype(np.float64),
        humidity=values["humidity"][order].astype(np.float64),
        pcv_temperature=values["pcv"][order].astype(np.float64),
        quality=values["quality"][order].astype(np.int16),
    )
