"""Readings, the latest of each sensor and neighbours' last words in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.common.database import Database
from services.realtime.domain import GOOD, SUSPECT, Reading
from services.realtime.tables import latest, neighbour_snapshot, readings

_QUALITY = {GOOD: 1, SUSPECT: 2}
_QUALITY_NAMES = {1: GOOD, 2: SUSPECT, 3: SUSPECT, 4: SUSPECT}

_COLUMNS = [column.name for column in readings.columns]
_QUALITY_AT = _COLUMNS.index("quality")
_TYPES = {"capture_time": "timestamptz", "receive_time": "timestamptz", "quality": "smallint"}
_TYPES |= dict.fromkeys(("sensor_id", "loc_id", "source"), "text")


class SqlRepository:
    """Satisfies ReadingStore and SnapshotStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self) -> Sequence[Reading]:
        """Returns the last reading of each sensor by ascending sensor_id."""
        async with self._database.transaction() as connection:
            # Plain "C" order, as Python and the protocol sort.
            rows = await connection.execute(select(latest).order_by(latest.c.sensor_id.collate("C")))
            return [_reading(row) for row in rows]

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


def _reading(row: Sequence[Any]) -> Reading:
    # By position: the columns stand in the order of the dataclass, and a snapshot reads thousands of rows.
    values: list[Any] = list(row)
    values[_QUALITY_AT] = _QUALITY_NAMES[values[_QUALITY_AT]]
    return Reading(*values)
