"""In which zone the rollups are kept, and whether they are all there: looked at once a second, beside the answers."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.aggregation.calendar import SiteCalendar, calendar_of
from services.common.reading_log.state import ConsumerState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
LAG_S = 60.0


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the zone that rollups are kept in, None before the first one; whether all are made anew."""

    zone: str | None
    is_rebuilding: bool


class ConditionStore(Protocol):
    """Where it is looked. A failure raises what `is_away` knows."""

    async def look(self) -> Look: ...  # noqa: D102


class Directory(Protocol):
    """The directory, which says how old it is."""

    @property
    def degraded(self) -> str | None: ...  # noqa: D102


class Condition:
    """The condition of the rollups, and of what else answers are made of.

    Args:
        store: where it is looked.
        directory: followed by revision.
        consumer: tells how the consumer of the reading log is doing.
        zone: the one that is configured, in which the very first rollups will be kept.
        is_away: tells a store that cannot be reached from a mistake.
    """

    def __init__(
        self,
        store: ConditionStore,
        directory: Directory,
        consumer: Callable[[], ConsumerState],
        zone: str,
        is_away: Callable[[BaseException], bool],
    ) -> None:
        self._store = store
        self._directory = directory
        self._consumer = consumer
        self._zone = zone
        self._is_away = is_away
        self._look: Look | None = None

    async def calendar(self) -> SiteCalendar:
        """Returns the calendar of the zone that rollups are kept in."""
        if self._look is None:
            self._look = await self._store.look()
        return calendar_of(self._look.zone or self._zone)

    def notes(self) -> Sequence[str]:
        """Says what an answer cannot rely on."""
        old = (self._directory.degraded,) if self._directory.degraded else ()
        return [*old, *_lateness(self._consumer()), *self._rebuilding(), *self._other_zone()]

    async def run(self) -> None:
        """Looks again and again until it is cancelled."""
        while True:
            try:
                self._look = await self._store.look()
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.info("condition of the rollups not seen", extra={"error": error})
            await asyncio.sleep(LOOK_EVERY_S)

    def _rebuilding(self) -> Sequence[str]:
        if self._look is None or not self._look.is_rebuilding:
            return ()
        return ("ROLLUPS_REBUILDING: a backfill of everything is not done yet; some of it may be missing",)

    def _other_zone(self) -> Sequence[str]:
        kept_in = self._look.zone if self._look else None
        if kept_in in (None, self._zone):
            return ()
        return (f"SITE_ZONE_CHANGED: rollups are kept in {kept_in}; a backfill of everything changes that",)


def _lateness(state: ConsumerState) -> Sequence[str]:
    others_follow = state.members > 1 and not state.shards
    if state.following_since is None and not others_follow:
        return ("ROLLUPS_BEHIND: the log of readings is not followed now; the newest readings may be missing",)
    if state.lag_s is not None and state.lag_s > LAG_S:
        return (f"ROLLUPS_BEHIND: {state.lag_readings} readings wait, the first of them for {state.lag_s:.0f} s",)
    return ()
