"""Silences in PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import or_

from services.alert.rows import Rows, inside
from services.alert.silences.domain import Silence
from services.alert.silences.tables import silence
from services.common.access.domain import Scope
from services.common.database import Database
from services.common.paging import PageRequest


class SqlSilences:
    """Satisfies SilenceStore."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, silence, Silence)

    async def list(self, request: PageRequest, current_at: datetime | None, scope: Scope) -> Sequence[Silence]:
        """Returns up to one row more than the limit, of those that are inside a scope.

        If a moment is given, of those that hold at it or after it.
        """
        filters = [inside(scope, silence)]
        if current_at is not None:
            filters.append(or_(silence.c.end_time.is_(None), silence.c.end_time > current_at))
        return await self._rows.list(request, filters)

    async def all(self) -> Sequence[Silence]:
        """Returns every silence."""
        return await self._rows.all()

    async def get(self, silence_id: int) -> Silence | None:
        """Returns one, or None."""
        return await self._rows.get(silence_id)

    async def add(self, new: Silence) -> Silence:
        """Stores one and gives it its id."""
        async with self._rows.changing() as connection:
            return await self._rows.add(connection, new)

    async def change(self, silence_id: int, change: Callable[[Silence], Silence]) -> Silence | None:
        """Changes one under its row lock; None if it does not exist."""
        async with self._rows.changing() as connection:
            changed = await self._rows.change(connection, silence_id, change)
        return None if changed is None else changed[1]

    async def delete(self, silence_id: int, scope: Scope) -> bool:
        """Deletes one; False if there was none inside a scope."""
        async with self._rows.changing() as connection:
            return await self._rows.delete(connection, silence_id, [inside(scope, silence)])
