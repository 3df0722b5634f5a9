"""The transaction that stores a batch: the readings, the latest of each sensor and the log."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.common.binary_copy import binary_rows, timestamps
from services.common.epoch import microseconds, moment_of
from services.common.telemetry import tracing
from services.common.telemetry.statements import copying
from services.realtime.ingest import convert
from services.realtime.ingest.columns import Bools, Floats, Readings
from services.realtime.ingest.domain import Stored
from services.realtime.ingest.trust import FlatRule, Last, Run, clock_skews, flat_runs, newest, unknown, with_flat_lines

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
_LATEST_NAMES = f"{_NAMES}, flat_since, flat_samples, clock_skew_s"
_LATEST_ARRAYS = f"{_ARRAYS}, $13::timestamptz[], $14::int4[], $15::float8[]"
_ON_CONFLICT = "ON CONFLICT (sensor_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _LATEST_NAMES.split(", ") if name != "sensor_id"
)
_UPSERT_LATEST = f"""
INSERT INTO realtime.latest ({_LATEST_NAMES}) SELECT * FROM unnest({_LATEST_ARRAYS}) {_ON_CONFLICT}
WHERE latest.capture_time < excluded.capture_time
"""  # noqa: S608
_APPEND = "INSERT INTO realtime.reading_batch (n, payload) VALUES ($1, $2)"
# All at once, for a few readings that are all fresh: of those the calls to the server would be the greatest cost.
_STORE_FEW = f"""
WITH sent AS (SELECT * FROM unnest({_LATEST_ARRAYS}) AS t({_LATEST_NAMES})),
stored AS (INSERT INTO realtime.readings ({_NAMES}) SELECT {_NAMES} FROM sent),
shown AS (
    INSERT INTO realtime.latest ({_LATEST_NAMES})
    SELECT DISTINCT ON (sensor_id) * FROM sent ORDER BY sensor_id, capture_time DESC {_ON_CONFLICT}
    WHERE latest.capture_time < excluded.capture_time
)
INSERT INTO realtime.reading_batch (n, payload) VALUES ($16, $17)
"""  # noqa: S608
FEW = 200
_EXISTING = """
SELECT k.row, r.raw_temperature, r.raw_humidity, r.raw_pcv_temperature
FROM unnest($1::int4[], $2::text[], $3::timestamptz[]) AS k(row, sensor_id, capture_time)
JOIN realtime.readings r USING (sensor_id, capture_time)
"""


async def store_in(connection: asyncpg.Connection, readings: Readings, flat: FlatRule) -> Stored:
    """Stores the readings that are new in the transaction of `connection`.

    Args:
        connection: asyncpg's own, in a transaction at READ COMMITTED.
        readings: sorted by sensor and time, each key once.
        flat: when a sensor counts as stuck.
    """
    last = await _lock_latest(connection, readings.sensors)
    # Nothing that is newer than a sensor's latest can be stored already, and the lock keeps it so.
    is_fresh = readings.capture_time > last.capture_time[readings.sensor]
    fresh = readings.take(is_fresh)
    run = flat_runs(fresh, last)
    fresh = with_flat_lines(fresh, run, flat)
    tops = newest(fresh)
    skews = clock_skews(fresh.take(tops), last)
    if is_fresh.all() and len(fresh) <= FEW:
        payload = convert.batch_payload(fresh, skews)
        await connection.execute(_STORE_FEW, *_latest_lists(fresh, run, skews), len(fresh), payload)
        return Stored(is_fresh, last.capture_time, *_nothing_repeated())
    is_new = is_fresh.copy()
    if len(fresh):
        await _copy(connection, fresh)
        await connection.execute(_UPSERT_LATEST, *_latest_lists(fresh.take(tops), run.take(tops), skews))
    if not is_fresh.all():
        is_new[~is_fresh] = await _insert(connection, readings.take(~is_fresh))
    if is_new.any():
        new = readings.with_quality(is_fresh, fresh.quality).take(is_new)
        await connection.execute(_APPEND, len(new), convert.batch_payload(new, skews))
    if is_new.all():
        return Stored(is_new, last.capture_time, *_nothing_repeated())
    repeated = np.flatnonzero(~is_new)
    return Stored(is_new, last.capture_time, repeated, await _existing(connection, readings, repeated))


def _nothing_repeated() -> tuple[NDArray[np.intp], Floats]:
    return np.empty(0, dtype=np.intp), np.empty((0, 3))


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
    source = _at_once(binary_rows(texts, text_of_row, numbers))
    # The library that tells statements knows no COPY.
    with copying(), tracing.span("COPY", {"db.system.name": "postgresql"}, kind=tracing.CLIENT):
        await connection.copy_to_table(
            "readings", schema_name="realtime", columns=_COLUMNS, source=source, format="binary"
        )


async def _at_once(data: bytes) -> AsyncIterator[bytes]:
    """Is the source of a COPY: asyncpg would read a file, even one in memory, in another thread."""
    yield data


async def _insert(connection: asyncpg.Connection, rows: Readings) -> Bools:
    """Inserts readings that may be there already; tells which were not."""
    columns = _lists(rows)
    inserted = {tuple(key) for key in await connection.fetch(_INSERT, *columns)}
    return np.array([key in inserted for key in zip(columns[0], columns[3], strict=True)], dtype=bool)


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


def _latest_lists(rows: Readings, run: Run, skews: Floats) -> list[list[object]]:
    """Returns the rows with what `latest` remembers beside them; `skews` has an element a sensor."""
    since = [moment_of(moment) for moment in run.since.tolist()]
    return [*_lists(rows), since, run.samples.tolist(), skews[rows.sensor].tolist()]
