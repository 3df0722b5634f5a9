"""Keeps the partitions of the readings and the length of the log: makes ahead, and drops what may go."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.common.clock import Clock
from services.common.tasks import repeat

log = logging.getLogger(__name__)

AHEAD = [timedelta(weeks=week) for week in range(5)]
PARTITIONS_EVERY_S = 3600.0
TRIM_EVERY_S = 30.0

# The newest of the log stay even when every consumer has passed them: one that is restored from a backup, or a
# watcher that comes back, goes on from there.
LOG_MARGIN = timedelta(minutes=10)


class PartitionStore(Protocol):
    """What the upkeep needs of a store."""

    async def ensure_partitions(self, times: Sequence[datetime]) -> None: ...
    async def drop_before(self, moment: datetime) -> int: ...


class LogTrimmer(Protocol):
    """What the upkeep needs of the log."""

    async def trim(self, *, keep_after: datetime, oldest: datetime, most_bytes: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much is kept.

    Attributes:
        readings_days: raw readings of so many days; 0 keeps them for ever.
        log_days: what a consumer that is away may have missed; it then starts anew.
        log_bytes: the same, in bytes of batches.
    """

    readings_days: int
    log_days: int
    log_bytes: int


class Upkeep:
    """Does the upkeep now and again."""

    def __init__(
        self,
        store: PartitionStore,
        trimmer: LogTrimmer,
        clock: Clock,
        keeping: Keeping,
        is_away: Callable[[BaseException], bool],
    ) -> None:
        self._store = store
        self._trimmer = trimmer
        self._clock = clock
        self._keeping = keeping
        self._is_away = is_away

    async def run(self) -> None:
        """Runs until it is cancelled."""
        await asyncio.gather(
            repeat(PARTITIONS_EVERY_S, self.keep_partitions, self._is_away),
            repeat(TRIM_EVERY_S, self.trim_log, self._is_away),
        )

    async def keep_partitions(self) -> None:
        """Makes the partitions ahead and drops the old ones."""
        now = self._clock()
        await self._store.ensure_partitions([now + ahead for ahead in AHEAD])
        if self._keeping.readings_days:
            dropped = await self._store.drop_before(now - timedelta(days=self._keeping.readings_days))
            if dropped:
                log.info("retention", extra={"partitions_dropped": dropped})

    async def trim_log(self) -> None:
        """Drops what the log may drop."""
        now = self._clock()
        dropped = await self._trimmer.trim(
            keep_after=now - LOG_MARGIN,
            oldest=now - timedelta(days=self._keeping.log_days),
            most_bytes=self._keeping.log_bytes,
        )
        if dropped:
            log.info("log trimmed", extra={"batches_dropped": dropped})
