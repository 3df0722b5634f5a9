"""Rows by their integer key: what the stores of subscriptions and of silences have in common."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, false, insert, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alert.writer import CHANNEL
from services.common import revisions
from services.common.access.domain import Grant, Scope
from services.common.audit.trail import Trail
from services.common.database import Database
from services.common.paging import PageRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA = "alert"

AUDIT = Trail(SCHEMA, CHANNEL)

Row = TypeVar("Row", bound="DataclassInstance")


class Rows(Generic[Row]):
    """A table whose rows are values of one dataclass, and in the audit trail of the kind that the table is called.

    A change raises the schema's revision, by which the planner knows that what it read before is old, and wakes it.
    """

    def __init__(self, database: Database, table: Table, make: Callable[..., Row]) -> None:
        self._database = database
        self._table = table
        (self._key,) = table.primary_key
        self._make = make

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """Gives a transaction for a change.

        The revision comes first: whoever plans by it is waited for here, before any other row is locked, and waits
        here, too.
        """
        async with self._database.transaction() as connection:
            await revisions.bump(connection, SCHEMA)
            yield connection
            await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})

    async def list(self, request: PageRequest, filters: Sequence[ColumnElement[bool]] = ()) -> Sequence[Row]:
        """Returns up to one row more than the limit, by ascending key."""
        after = [] if request.after is None else [self._key > request.after[0]]
        statement = select(self._table).where(*filters, *after).order_by(self._key)
        async with self._database.transaction() as connection:
            rows = await connection.execute(statement.offset(request.skip).limit(request.limit + 1))
            return [self._make(**row) for row in rows.mappings()]

    async def all(self) -> Sequence[Row]:
        """Returns every row by ascending key."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(select(self._table).order_by(self._key))
            return [self._make(**row) for row in rows.mappings()]

    async def get(self, value: int) -> Row | None:
        """Returns one row, or None."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(self._table).where(self._key == value))).mappings().first()
        return None if row is None else self._make(**row)

    async def add(self, connection: AsyncConnection, new: Row) -> Row:
        """Stores a new row and gives it its key."""
        values = self._values(new)
        row = (await connection.execute(insert(self._table).values(values).returning(self._table))).mappings().one()
        added = self._make(**row)
        await self._record(connection, None, added)
        return added

    async def change(
        self, connection: AsyncConnection, value: int, change: Callable[[Row], Row]
    ) -> tuple[Row, Row] | None:
        """Changes one row under its lock; returns it before and after, or None if it does not exist."""
        statement = select(self._table).where(self._key == value).with_for_update()
        row = (await connection.execute(statement)).mappings().first()
        if row is None:
            return None
        old = self._make(**row)
        new = change(old)
        await connection.execute(update(self._table).where(self._key == value).values(self._values(new)))
        await self._record(connection, old, new)
        return old, new

    async def delete(
        self, connection: AsyncConnection, value: int, filters: Sequence[ColumnElement[bool]] = ()
    ) -> bool:
        """Deletes a row; False if there was none."""
        statement = delete(self._table).where(self._key == value, *filters).returning(self._table)
        row = (await connection.execute(statement)).mappings().first()
        if row is None:
            return False
        await self._record(connection, self._make(**row), None)
        return True

    async def _record(self, connection: AsyncConnection, before: Row | None, after: Row | None) -> None:
        """Records a change, where what it is about is after it; one that is about every factory is in none."""
        one: Any = after or before
        where = {"plant": one.plant, "factory": one.factory}
        await AUDIT.record(connection, self._table.name, getattr(one, self._key.name), before, after, **where)

    def _values(self, row: Row) -> dict[str, Any]:
        values = asdict(row)
        del values[self._key.name]
        return dict(values)


def inside(scope: Scope, table: Table) -> ColumnElement[bool]:
    """Returns the condition on rows with matchers that `matching.is_inside` tells of one."""

    def ways(grant: Grant) -> ColumnElement[bool]:
        pairs = ((table.c.plant, grant.plant), (table.c.factory, grant.factory))
        return and_(true(), *(column == value for column, value in pairs if value is not None))

    return true() if scope.is_everything else or_(false(), *map(ways, scope.grants))
