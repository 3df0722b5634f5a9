"""Neighbours' last words in PostgreSQL."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.common.database import Database
from services.realtime.tables import neighbour_snapshot


class SqlRepository:
    """Satisfies SnapshotStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
