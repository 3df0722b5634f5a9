"""Sends records to the audit trail: each at least once, in their order. The trail knows those that it has.

One replica at a time sends for a schema. Records are deleted when the trail has said that it has them; whoever is
killed before that leaves them to be sent again.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from services.common.delivery import Aside, Delivery
from services.common.errors import field_of

log = logging.getLogger(__name__)

# A record has both sides of a change, of which each may be long; a call takes as many as its deadline allows for.
MOST_BYTES = 1024 * 1024

Row = tuple[int, str, datetime, str]


class RefusedError(Exception):
    """The trail will never take these records as they are."""


class Waiting(Protocol):
    """The first records that wait, which nobody else sends meanwhile: position, record_id, record_time, JSON."""

    @property
    def rows(self) -> Sequence[Row]: ...
    async def drop(self, positions: Sequence[int]) -> None: ...


class Outbox(Protocol):
    """Where records wait. A failure raises what `is_away` knows."""

    def take(self, without: Sequence[int]) -> AbstractAsyncContextManager[Waiting | None]: ...


class Audit(Protocol):
    """The neighbour. RefusedError says that it does not take records, UnavailableError that it is away."""

    async def append(self, rows: Sequence[Row]) -> None: ...


class AuditSender:
    """Delivers records until it is cancelled."""

    def __init__(self, outbox: Outbox, audit: Audit, is_away: Callable[[BaseException], bool]) -> None:
        self._outbox = outbox
        self._audit = audit
        self._aside = Aside()
        self._delivery = Delivery("records wait for the audit trail", self._send, is_away)
        self.wake = self._delivery.wake
        self.run = self._delivery.run

    async def _send(self) -> int:
        """Sends the first part of what waits; returns how many records are done with for now."""
        async with self._outbox.take(self._aside.now()) as waiting:
            if waiting is None or not waiting.rows:
                return 0
            part = first_part(waiting.rows)
            try:
                await self._audit.append(part)
            except RefusedError:
                return await self._one_by_one(waiting, part)
            await waiting.drop([row[0] for row in part])
            return len(part)

    async def _one_by_one(self, waiting: Waiting, part: Sequence[Row]) -> int:
        """Finds the records that are refused, and leaves them aside for a while: they stay where they are."""
        taken = []
        for row in part:
            try:
                await self._audit.append([row])
            except RefusedError as error:
                told = {"record_id": row[1], "field": field_of(str(error))}
                log.error("the audit trail refuses a record", extra=told)  # noqa: TRY400  the field says all
                self._aside.put(row[0])
            else:
                taken.append(row[0])
        await waiting.drop(taken)
        return len(part)


def first_part(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns as many of the first rows as go into one call, at least one."""
    total = 0
    for number, row in enumerate(rows):
        total += len(row[3])
        if number and total > MOST_BYTES:
            return rows[:number]
    return rows
