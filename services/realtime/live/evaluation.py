"""Notices when nobody judges the readings any more: an alarm that does not come looks like a safe day.

It asks no neighbour: whoever judges reads the log, and the log knows how far that one is.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.common.clock import Clock
from services.realtime.log.domain import Consumer

CONSUMER = "alert"
DEAD_AFTER = timedelta(seconds=15)
LOOK_EVERY_S = 3.0


class Consumers(Protocol):
    """Tells how far a consumer of the log is."""

    async def consumers(self, name: str | None = None) -> Sequence[Consumer]: ...


class Pulse:
    """Since when a consumer has been at work, by what is seen of it. Pure; time is an argument."""

    def __init__(self, begin: datetime) -> None:
        self._begin = begin  # before it nobody looked
        self._moved = begin
        self._seq = -1

    def note(self, consumer: Consumer | None, now: datetime) -> str | None:
        """Says since when a consumer is dead, or None where it lives, or where there is none."""
        if consumer is None:
            return None
        if consumer.seq != self._seq or not consumer.lag_batches:
            self._seq, self._moved = consumer.seq, now
        since = min(max(consumer.report_time, self._begin), self._moved)
        if now - since <= DEAD_AFTER:
            return None
        return f"EVALUATION_DEAD since {since:%Y-%m-%dT%H:%M:%SZ}: readings are stored, but nobody is alerted"


class EvaluationWatch:
    """Looks at the evaluation now and again."""

    def __init__(self, store: Consumers, clock: Clock, is_away: Callable[[BaseException], bool]) -> None:
        self._store = store
        self._clock = clock
        self._is_away = is_away
        self._pulse = Pulse(clock())
        self.note: str | None = None

    async def run(self) -> None:
        """Looks until it is cancelled. While the database is away what was seen last holds."""
        while True:
            try:
                found = await self._store.consumers(CONSUMER)
            except Exception as error:
                if not self._is_away(error):
                    raise
            else:
                self.note = self._pulse.note(found[0] if found else None, self._clock())
            await asyncio.sleep(LOOK_EVERY_S)
