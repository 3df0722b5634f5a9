"""The kinds of events in PostgreSQL. A kind never changes, so what was read once stays true."""

from collections.abc import Collection, Mapping

import asyncpg

from services.alert_history.domain import Kind
from services.common.database import Database

_READ = "SELECT kind_id, event_type, state, level, alert_type FROM alert_history.kind"
# In one order, so that two who add the same ones do not wait for each other.
_ADD = """
INSERT INTO alert_history.kind (event_type, state, level, alert_type)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING
"""


class Kinds:
    """Which number stands for which kind."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_id: dict[int, Kind] = {}

    async def ids(self, kinds: Collection[Kind]) -> Mapping[Kind, int]:
        """Returns the numbers of kinds; one that has none yet is given one, in a transaction of its own."""
        missing = set(kinds) - set(self._by_id.values())
        if missing:
            async with self._database.driver() as connection:
                await self._read(connection)
                new = sorted(missing - set(self._by_id.values()))
                if new:
                    await connection.execute(_ADD, *zip(*new, strict=True))
            async with self._database.driver() as connection:
                await self._read(connection)
        return {kind: kind_id for kind_id, kind in self._by_id.items()}

    async def of(self, connection: asyncpg.Connection, kind_ids: Collection[int]) -> Mapping[int, Kind]:
        """Returns the kinds of rows that the connection has read."""
        if not self._by_id.keys() >= set(kind_ids):
            await self._read(connection)
        return self._by_id

    async def _read(self, connection: asyncpg.Connection) -> None:
        self._by_id = {kind_id: Kind(*words) for kind_id, *words in await connection.fetch(_READ)}
