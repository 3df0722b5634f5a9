"""Neighbours' last words in PostgreSQL, so that a service can start while they are away."""

from datetime import datetime

from sqlalchemy import text

from services.common.database import Database

# For the migrations of a schema that keeps such copies.
CREATE_TABLE = """
CREATE TABLE {schema}.neighbour_snapshot (
    name text PRIMARY KEY,
    payload bytea NOT NULL,
    fetch_time timestamptz NOT NULL
);
"""
_SAVE = """
INSERT INTO {schema}.neighbour_snapshot (name, payload, fetch_time) VALUES (:name, :payload, :moment)
ON CONFLICT (name) DO UPDATE SET payload = excluded.payload, fetch_time = excluded.fetch_time
"""
_LOAD = "SELECT payload, fetch_time FROM {schema}.neighbour_snapshot WHERE name = :name"


class SqlSnapshots:
    """Satisfies SnapshotStore, in a schema where CREATE_TABLE was run."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._save, self._load = (text(statement.format(schema=schema)) for statement in (_SAVE, _LOAD))

    async def save_snapshot(self, name: str, payload: bytes, moment: datetime) -> None:
        """Keeps what a neighbour said last."""
        async with self._database.transaction() as connection:
            await connection.execute(self._save, {"name": name, "payload": payload, "moment": moment})

    async def load_snapshot(self, name: str) -> tuple[bytes, datetime] | None:
        """Returns what a neighbour said last and when, or None."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(self._load, {"name": name})).first()
            return (row.payload, row.fetch_time) if row else None
