"""The use case of taking events in, and what it needs of a store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.alert_history.append.checks import Sent, checked
from services.alert_history.append.domain import Appended, NoMonthError
from services.alert_history.domain import AlertEvent
from services.common.clock import Clock


class EventStore(Protocol):
    """What the use case needs of a store."""

    async def append(self, events: Sequence[AlertEvent], *, allow_gaps: bool) -> Appended: ...
    async def ensure_months(self, times: Sequence[datetime]) -> None: ...


class AppendUseCases:
    """Takes events in, all or none."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def append(self, sent: Sequence[Sent], *, allow_gaps: bool) -> Appended:
        """Appends events; what it says is appended is on disk."""
        events = checked(sent, self._clock())
        try:
            return await self._store.append(events, allow_gaps=allow_gaps)
        except NoMonthError:
            await self._store.ensure_months([event.event_time for event in events])
            return await self._store.append(events, allow_gaps=allow_gaps)
