"""Readings, the latest of each sensor and neighbours' last words in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.database import Database
from services.common.paging import PageRequest
from services.realtime import convert
from services.realtime.domain import GOOD, SUSPECT, Reading
from services.realtime.service import Key, Stored
from services.realtime.tables import latest, neighbour_snapshot, readings

_QUALITY = {GOOD: 1, SUSPECT: 2}
_QUALITY_NAMES = {number: name for name, number in _QUALITY.items()}

_COLUMNS = [column.name for column in readings.columns]
_QUALITY_AT = _COLUMNS.index("quality")
_TYPES = {"capture_time": "timestamptz", "receive_time": "timestamptz", "quality": "smallint"}
_TYPES |= dict.fromkeys(("sensor_id", "loc_id", "source"), "text")
_ARRAYS = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'float8')}[])" for name in _COLUMNS)

_INSERT = text(
    f"INSERT INTO realtime.readings ({', '.join(_COLUMNS)}) "  # noqa: S608  the columns are our own
    f"SELECT * FROM unnest({_ARRAYS}) ON CONFLICT DO NOTHING RETURNING sensor_id, capture_time"
)
_UPSERT_LATEST = text(
    f"INSERT INTO realtime.latest ({', '.join(_COLUMNS)}, flat_since) "  # noqa: S608
    f"SELECT *, capture_time FROM unnest({_ARRAYS}) t({', '.join(_COLUMNS)}) ON CONFLICT (sensor_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "sensor_id")
    + " WHERE latest.capture_time < excluded.capture_time"
)


_APPEND = text("INSERT INTO realtime.reading_batch (n, payload) VALUES (:n, :payload)")


class SqlRepository:
    """Satisfies ReadingStore and SnapshotStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, rows: Sequence[Reading]) -> Stored:
        """Stores the rows that are new, in one transaction; each key occurs once in `rows`.

        A batch that reaches into a time without a partition makes it and starts again.
        """
        try:
            return await self._store(rows)
        except IntegrityError as error:
            if "no partition of relation" not in str(error.orig):
                raise
        await self.ensure_partitions([row.capture_time for row in rows])
        return await self._store(rows)

    async def _store(self, rows: Sequence[Reading]) -> Stored:
        # In key order, so that two writers that share keys wait for each other instead of deadlocking.
        ordered = sorted(rows, key=lambda row: (row.sensor_id, row.capture_time))
        async with self._database.transaction() as connection:
            previous = await _latest_times(connection, {row.sensor_id for row in ordered})
            inserted = await connection.execute(_INSERT, _arrays(ordered))
            new: set[Key] = {(row.sensor_id, row.capture_time) for row in inserted}
            newest = {row.sensor_id: row for row in ordered if (row.sensor_id, row.capture_time) in new}
            if new:
                fresh = [row for row in ordered if (row.sensor_id, row.capture_time) in new]
                await connection.execute(_APPEND, {"n": len(fresh), "payload": convert.batch_payload(fresh)})
            if newest:
                await connection.execute(_UPSERT_LATEST, _arrays(list(newest.values())))
            missing = [row for row in ordered if (row.sensor_id, row.capture_time) not in new]
            existing = await _existing(connection, missing) if missing else {}
        return Stored(new, existing, previous)

    async def ensure_partitions(self, times: Sequence[datetime]) -> None:
        """Makes the partitions that hold these times."""
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

    async def latest(self) -> Sequence[Reading]:
        """Returns the last reading of each sensor by ascending sensor_id."""
        async with self._database.transaction() as connection:
            # Plain "C" order, as Python and the protocol sort.
            rows = await connection.execute(select(latest).order_by(latest.c.sensor_id.collate("C")))
            return [_reading(row) for row in rows]

    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Sequence[Reading]:
        """Returns up to one row more than the limit, by ascending capture_time."""
        time = readings.c.capture_time
        filters = [readings.c.sensor_id == sensor_id]
        filters += [] if start is None else [time >= start]
        filters += [] if end is None else [time < end]
        if request.after is not None:
            filters.append(time > request.after[0])
        statement = select(readings).where(and_(*filters)).order_by(time).offset(request.skip).limit(request.limit + 1)
        async with self._database.transaction() as connection:
            return [_reading(row) for row in await connection.execute(statement)]

    async def save_snapshot(self, name: str, payload: bytes, moment: datetime) -> None:
        """Keeps what a neighbour said last."""
        values = {"payload": payload, "fetch_time": moment}
        statement = insert(neighbour_snapshot).values(name=name, **values)
        async with self._database.transaction() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))

    async def load_snapshot(self, name: str) -> tuple[bytes, datetime] | None:
        """Returns what a neighbour said last and when, or None."""
        statement = select(neighbour_snapshot.c.payload, neighbour_snapshot.c.fetch_time)
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement.where(neighbour_snapshot.c.name == name))).first()
            return (row.payload, row.fetch_time) if row else None


def _arrays(rows: Sequence[Reading]) -> dict[str, list[Any]]:
    values = [(*astuple(row)[:-2], _QUALITY[row.quality], row.source) for row in rows]
    return {name: list(column) for name, column in zip(_COLUMNS, zip(*values, strict=True), strict=True)}


def _reading(row: Sequence[Any]) -> Reading:
    # By position: the columns stand in the order of the dataclass, and a snapshot reads thousands of rows.
    values: list[Any] = list(row)
    values[_QUALITY_AT] = _QUALITY_NAMES[values[_QUALITY_AT]]
    return Reading(*values)


async def _latest_times(connection: AsyncConnection, sensor_ids: set[str]) -> Mapping[str, datetime]:
    statement = text("SELECT sensor_id, capture_time FROM realtime.latest WHERE sensor_id = ANY(:ids)")
    rows = await connection.execute(statement, {"ids": sorted(sensor_ids)})
    return {row.sensor_id: row.capture_time for row in rows}


async def _existing(connection: AsyncConnection, rows: Sequence[Reading]) -> Mapping[Key, Reading]:
    keys = [(row.sensor_id, row.capture_time) for row in rows]
    statement = select(readings).where(tuple_(readings.c.sensor_id, readings.c.capture_time).in_(keys))
    found = [_reading(row) for row in await connection.execute(statement)]
    return {(row.sensor_id, row.capture_time): row for row in found}
