"""The use cases of the audit trail, and what they need of a store."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.alert_history.audit.domain import (
    Appended,
    Record,
    RecordFilter,
    checked_after,
    checked_filter,
    checked_records,
    no_record,
    record_id_of,
)
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.paging import Key, Page, PageRequest, page

# A file is read in parts of so many records, each by a transaction of its own.
PART = 200


class RecordStore(Protocol):
    """What the use cases need of a store."""

    async def append(self, records: Sequence[Record]) -> int: ...
    async def ensure_months(self, times: Sequence[datetime]) -> None: ...
    async def page(self, request: PageRequest, wanted: RecordFilter, scope: Scope) -> Sequence[Record]: ...
    async def part(self, wanted: RecordFilter, scope: Scope, after: Key | None, limit: int) -> Sequence[Record]: ...
    async def get(self, record_id: UUID, scope: Scope) -> Record | None: ...


class NoMonthError(Exception):
    """Records are of a month that has no partition."""


class AuditUseCases:
    """What can be done with the audit trail: add to it, and read what a scope covers."""

    def __init__(self, store: RecordStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def append(self, sent: Sequence[Mapping[str, Any]]) -> Appended:
        """Appends records, all or none; what it says is appended is on disk."""
        records = checked_records(sent, self._clock())
        try:
            appended = await self._store.append(records)
        except NoMonthError:
            await self._store.ensure_months([record.record_time for record in records])
            appended = await self._store.append(records)
        return Appended(appended, len(records) - appended)

    async def list_page(self, request: PageRequest, wanted: RecordFilter, scope: Scope) -> Page[Record]:
        """Returns a page of records, the latest first."""
        checked_after(request.after)
        return page(await self._store.page(request, checked_filter(wanted), scope), request, _key)

    async def get(self, record_id: str, scope: Scope) -> Record:
        """Returns one record, or raises NotFoundError."""
        record = await self._store.get(record_id_of(record_id), scope)
        if record is None:
            raise no_record(record_id)
        return record

    async def export(self, wanted: RecordFilter, scope: Scope) -> AsyncGenerator[Sequence[Record], None]:
        """Yields parts of the records, the earliest first; at least one, which may be empty."""
        checked, after = checked_filter(wanted), None
        while True:
            records = await self._store.part(checked, scope, after, PART)
            yield records
            if len(records) < PART:
                return
            after = _key(records[-1])


def _key(record: Record) -> Key:
    return (record.record_time, str(record.record_id))
