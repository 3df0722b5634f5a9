"""Deletes the events that are done with: told to whom they concern, and in the history."""

from collections.abc import Callable
from typing import Protocol

from services.common.tasks import repeat

DELETE_EVERY_S = 600.0


class Store(Protocol):
    """What the upkeep needs of a store."""

    async def delete_old(self) -> int: ...


class HistoryUpkeep:
    """Does the upkeep now and again."""

    def __init__(self, store: Store, is_away: Callable[[BaseException], bool]) -> None:
        self._store = store
        self._is_away = is_away

    async def run(self) -> None:
        """Runs until it is cancelled."""
        await repeat(DELETE_EVERY_S, self.delete, self._is_away)

    async def delete(self) -> None:
        """Deletes part by part, until nothing is left to delete."""
        while await self._store.delete_old():
            pass
