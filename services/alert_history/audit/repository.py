"""The audit trail in PostgreSQL. The service's role can add to it and read it, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, literal, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import Text

from services.alert_history.audit.domain import COMMON_KINDS, Record, RecordFilter
from services.alert_history.audit.service import NoMonthError
from services.alert_history.audit.tables import audit
from services.common.access.domain import Scope
from services.common.access.sql import within
from services.common.database import Database
from services.common.paging import Key, PageRequest

_NAMES = [field.name for field in fields(Record)]
_KEY = (audit.c.record_time, audit.c.record_id)
_COMMON = literal(list(COMMON_KINDS), ARRAY(Text))
_EQUAL = ("kind", "id", "actor", "factory")
_NO_PARTITION = "23514"  # a check is violated, and no constraint is named
_ENSURE = text("SELECT alert_history.ensure_audit_months(CAST(:times AS timestamptz[]))")
_DROP = text("SELECT alert_history.drop_audit_months(CAST(:moment AS timestamptz))")


class SqlAudit:
    """Satisfies RecordStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, records: Sequence[Record]) -> int:
        """Appends the records that are new, in one transaction; returns how many.

        Raises:
            NoMonthError: some are of a month that has no partition; nothing is stored.
        """
        # In one order, so that two who send the same ones do not wait for each other.
        rows = [asdict(record) for record in sorted(records, key=lambda r: (r.record_time, r.record_id))]
        statement = insert(audit).on_conflict_do_nothing().returning(audit.c.record_id)
        try:
            async with self._database.transaction() as connection:
                return len((await connection.execute(statement.values(rows))).all())
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) != _NO_PARTITION:
                raise
            raise NoMonthError from error

    async def ensure_months(self, times: Sequence[datetime]) -> None:
        """Makes the partitions that hold these times."""
        async with self._database.transaction() as connection:
            await connection.execute(_ENSURE, {"times": list(times)})

    async def drop_before(self, moment: datetime) -> int:
        """Drops the months that end at or before a moment, but never of the last year; returns how many."""
        async with self._database.transaction() as connection:
            return int(await connection.scalar(_DROP, {"moment": moment}) or 0)

    async def page(self, request: PageRequest, wanted: RecordFilter, scope: Scope) -> Sequence[Record]:
        """Returns up to one record more than the limit, the latest first."""
        after = [] if request.after is None else [tuple_(*_KEY) < _after(request.after)]
        statement = select(audit).where(*_conditions(wanted, scope), *after).order_by(*(key.desc() for key in _KEY))
        return await self._read(statement.offset(request.skip).limit(request.limit + 1))

    async def part(self, wanted: RecordFilter, scope: Scope, after: Key | None, limit: int) -> Sequence[Record]:
        """Returns the next records after a key, the earliest first."""
        later = [] if after is None else [tuple_(*_KEY) > _after(after)]
        statement = select(audit).where(*_conditions(wanted, scope), *later).order_by(*_KEY)
        return await self._read(statement.limit(limit))

    async def get(self, record_id: UUID, scope: Scope) -> Record | None:
        """Returns one record, or None."""
        found = await self._read(select(audit).where(audit.c.record_id == record_id, _visible(scope)))
        return next(iter(found), None)

    async def _read(self, statement: Select[Any]) -> Sequence[Record]:
        async with self._database.transaction() as connection:
            rows = (await connection.execute(statement)).mappings()
            return [Record(**{name: row[name] for name in _NAMES}) for row in rows]


def _after(key: Key) -> tuple[object, UUID]:
    moment, record_id = key
    return moment, UUID(str(record_id))


def _conditions(wanted: RecordFilter, scope: Scope) -> Iterator[ColumnElement[bool]]:
    yield _visible(scope)
    if wanted.start_time is not None:
        yield audit.c.record_time >= wanted.start_time
    if wanted.end_time is not None:
        yield audit.c.record_time < wanted.end_time
    for name in _EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            yield audit.c[name] == value


def _visible(scope: Scope) -> ColumnElement[bool]:
    inside = within(scope, audit.c.plant, audit.c.factory)
    return inside if scope.is_everything else or_(audit.c.kind == any_(_COMMON), inside)
