"""The use cases of backfills, and what they need."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

from services.aggregation.backfill.domain import Backfill, check_kept, checked_days
from services.aggregation.calendar import SiteCalendar
from services.common.epoch import microseconds
from services.common.errors import FailedPreconditionError, NotFoundError
from services.common.paging import Page, PageRequest, page
from services.common.reading_log.state import Extent


class BackfillStore(Protocol):
    """Where backfills are kept."""

    async def add(self, start: date | None, end: date | None) -> Backfill: ...
    async def get(self, backfill_id: int) -> Backfill | None: ...
    async def list(self, request: PageRequest) -> Sequence[Backfill]: ...
    async def cancel(self, backfill_id: int) -> Backfill | None: ...
    async def calendar(self) -> SiteCalendar: ...


class Readings(Protocol):
    """What is known of the raw readings."""

    async def extent(self) -> Extent: ...


class BackfillUseCases:
    """What callers can do with backfills."""

    def __init__(self, store: BackfillStore, readings: Readings, wake: Callable[[], None]) -> None:
        """Takes what tells this process's worker that there is something to do."""
        self._store = store
        self._readings = readings
        self._wake = wake

    async def create(self, start: str | None, end: str | None) -> Backfill:
        """Asks for a backfill of some days, or of everything.

        Raises:
            InvalidInputError: there are no such days.
            FailedPreconditionError: retention has dropped some of the range; its reason is FROZEN.
        """
        first, last = checked_days(start, end)
        if first is not None:
            extent = await self._readings.extent()
            check_kept(first, microseconds(extent.frozen_before), await self._store.calendar())
        created = await self._store.add(first, last)
        self._wake()
        return created

    async def get(self, backfill_id: int) -> Backfill:
        """Returns one backfill, or raises NotFoundError."""
        found = await self._store.get(backfill_id)
        if found is None:
            raise NotFoundError(
                f"there is no backfill {backfill_id}; ListBackfills lists them",
                "BACKFILL_NOT_FOUND",
                {"backfill_id": str(backfill_id)},
            )
        return found

    async def list_page(self, request: PageRequest) -> Page[Backfill]:
        """Returns a page, the newest first."""
        return page(await self._store.list(request), request, lambda one: (one.backfill_id,))

    async def cancel(self, backfill_id: int) -> Backfill:
        """Stops one that is pending or running; another one is FailedPreconditionError."""
        stopped = await self._store.cancel(backfill_id)
        if stopped is None:
            ended = await self.get(backfill_id)
            raise FailedPreconditionError(
                f"backfill {backfill_id} is {ended.state} already; create another one to make rollups anew",
                "BACKFILL_ENDED",
                {"backfill_id": str(backfill_id), "state": ended.state},
            )
        return stopped
