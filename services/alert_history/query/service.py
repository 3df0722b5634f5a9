"""The use cases of reading the history, and what they need of a store."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from services.alert_history.query.domain import EventFilter, checked_filter, no_alert
from services.alert_history.query.rows import EventPage, Rows, Story
from services.alert_history.query.statistics import (
    MOST_ROWS,
    AskedStatistics,
    Statistics,
    WantedStatistics,
    checked_statistics,
    too_many_rows,
)
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.paging import Key, PageRequest, page

# A file is read in parts of so many events, each by a transaction of its own: no reader is waited for in one.
PART = 1_000


class EventReader(Protocol):
    """What the use cases need of a store."""

    async def page(self, request: PageRequest, wanted: EventFilter) -> Rows: ...
    async def part(self, wanted: EventFilter, after: Key | None, limit: int) -> Rows: ...
    async def story(self, alert_id: int) -> Story | None: ...
    async def statistics(self, wanted: WantedStatistics, zone: str, most: int) -> Sequence[Statistics]: ...


class QueryUseCases:
    """What can be asked of the history of what a caller may see, by the factory that each event has."""

    def __init__(self, reader: EventReader, zone: ZoneInfo, clock: Clock) -> None:
        self._reader = reader
        self._zone = zone
        self._clock = clock

    async def list_page(self, request: PageRequest, wanted: EventFilter) -> EventPage:
        """Returns a page of events, the latest first."""
        rows = await self._reader.page(request, checked_filter(wanted))
        part = page(range(len(rows)), request, rows.key)
        return EventPage(rows.first(len(part.items)), part.next_page_token)

    async def story(self, alert_id: int, scope: Scope) -> Story:
        """Returns one alert with its events, or raises NotFoundError."""
        story = await self._reader.story(alert_id)
        if story is None or not story.is_in(scope):
            raise no_alert(alert_id)
        return story

    async def statistics(self, asked: AskedStatistics) -> Sequence[Statistics]:
        """Returns a row for each group that has alerts."""
        wanted = checked_statistics(asked, self._zone, self._clock())
        rows = await self._reader.statistics(wanted, self._zone.key, MOST_ROWS + 1)
        if len(rows) > MOST_ROWS:
            raise too_many_rows()
        return rows

    async def export(self, wanted: EventFilter) -> AsyncGenerator[Rows, None]:
        """Yields parts of the events, the earliest first; at least one, which may be empty."""
        checked, after = checked_filter(wanted), None
        while True:
            rows = await self._reader.part(checked, after, PART)
            yield rows
            if len(rows) < PART:
                return
            after = rows.key(len(rows) - 1)
