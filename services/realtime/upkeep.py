"""Keeps the partitions of the readings: makes the next weeks' ahead, and drops what retention lets go."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.common.clock import Clock

log = logging.getLogger(__name__)

AHEAD = [timedelta(weeks=week) for week in range(5)]
EVERY_S = 3600.0
RETRY_S = 1.0


class PartitionStore(Protocol):
    """What the upkeep needs of a store."""

    async def ensure_partitions(self, times: Sequence[datetime]) -> None: ...
    async def drop_before(self, moment: datetime) -> int: ...


class Upkeep:
    """Does the upkeep now and every hour. `retention_days` 0 keeps readings for ever."""

    def __init__(
        self, store: PartitionStore, clock: Clock, retention_days: int, is_away: Callable[[BaseException], bool]
    ) -> None:
        self._store = store
        self._clock = clock
        self._retention_days = retention_days
        self._is_away = is_away

    async def run(self) -> None:
        """Runs until it is cancelled; a database that is away is tried again soon."""
        while True:
            try:
                await self.once()
            except Exception as error:
                if not self._is_away(error):
                    raise
                await asyncio.sleep(RETRY_S)
            else:
                await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        """Makes the partitions ahead and drops the old ones."""
        now = self._clock()
        await self._store.ensure_partitions([now + ahead for ahead in AHEAD])
        if self._retention_days:
            dropped = await self._store.drop_before(now - timedelta(days=self._retention_days))
            if dropped:
                log.info("retention", extra={"partitions_dropped": dropped})
