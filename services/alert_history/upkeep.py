"""Keeps the months: makes them ahead, and drops those that may go."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from services.common.clock import Clock
from services.common.tasks import repeat

log = logging.getLogger(__name__)

AHEAD = [timedelta(days=28 * n) for n in range(3)]
EVERY_S = 3600.0


class MonthStore(Protocol):
    """What the upkeep needs of a store."""

    async def ensure_months(self, times: Sequence[datetime]) -> None: ...
    async def drop_before(self, moment: datetime) -> int: ...


def kept_from(now: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Returns the moment before which nothing is kept any longer.

    Whatever the number of months is, what happened in a year is kept to its 31st of December at the site, as the rules
    on occupational safety and health ask for (article 562).
    """
    number = now.year * 12 + now.month - 1 - months
    earliest_kept = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
    new_year = datetime(now.astimezone(zone).year, 1, 1, tzinfo=zone)
    return min(earliest_kept, new_year.astimezone(UTC))


def retention(months: int, zone: ZoneInfo) -> Callable[[datetime], datetime | None]:
    """Returns the moment before which nothing is kept, by what time it is; 0 months keep everything for ever."""
    if not months:
        return lambda _: None
    words = "so many months are kept, and what happened in a year at least to its end"
    log.info("retention", extra={"months": months, "meaning": words})
    return lambda now: kept_from(now, months, zone)


class Upkeep:
    """Does the upkeep of one table's months now and again.

    Args:
        kept_from: the moment before which nothing is kept at a given one; None if everything is kept.
    """

    def __init__(
        self,
        store: MonthStore,
        clock: Clock,
        *,
        kept_from: Callable[[datetime], datetime | None],
        is_away: Callable[[BaseException], bool],
    ) -> None:
        self._store = store
        self._clock = clock
        self._kept_from = kept_from
        self._is_away = is_away

    async def run(self) -> None:
        """Runs until it is cancelled."""
        await repeat(EVERY_S, self.keep, self._is_away)

    async def keep(self) -> None:
        """Makes the months ahead and drops the old ones."""
        now = self._clock()
        await self._store.ensure_months([now + ahead for ahead in AHEAD])
        kept_from = self._kept_from(now)
        if kept_from is not None:
            dropped = await self._store.drop_before(kept_from)
            if dropped:
                log.info("retention", extra={"months_dropped": dropped})
