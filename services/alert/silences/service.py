"""The use cases of silences, and what they need of a store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from services.alert.matching import require, require_change
from services.alert.silences.domain import Silence, checked, no_such_silence
from services.common.clock import Clock
from services.common.paging import Page, PageRequest, page

REQUIRED_FIELDS = {"author": "name who wants it", "reason": "give the reason"}


class SilenceStore(Protocol):
    """What the use cases need."""

    async def list(self, request: PageRequest, current_at: datetime | None) -> Sequence[Silence]: ...
    async def get(self, silence_id: int) -> Silence | None: ...
    async def add(self, new: Silence) -> Silence: ...
    async def change(self, silence_id: int, change: Callable[[Silence], Silence]) -> Silence | None: ...
    async def delete(self, silence_id: int) -> bool: ...


class SilenceUseCases:
    """What callers can do with silences.

    Args:
        zone: the site's, which a silence has that is given none.
    """

    def __init__(self, store: SilenceStore, clock: Clock, zone: str) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    async def list_page(self, request: PageRequest, *, current: bool) -> Page[Silence]:
        """Returns a page by ascending silence_id."""
        rows = await self._store.list(request, self._clock() if current else None)
        return page(rows, request, lambda s: (s.silence_id,))

    async def get(self, silence_id: int) -> Silence:
        """Returns one, or raises NotFoundError."""
        return _found(await self._store.get(silence_id), silence_id)

    async def create(self, fields: Mapping[str, Any]) -> Silence:
        """Stores a new silence."""
        require(fields, REQUIRED_FIELDS)
        return await self._store.add(checked(self._changed(self._blank(), fields)))

    async def update(self, silence_id: int, fields: Mapping[str, Any]) -> Silence:
        """Changes the given fields; None clears one."""
        require_change(fields)
        silence = await self._store.change(silence_id, lambda old: checked(self._changed(old, fields)))
        return _found(silence, silence_id)

    async def delete(self, silence_id: int) -> None:
        """Deletes one."""
        if not await self._store.delete(silence_id):
            raise no_such_silence(silence_id)

    def _blank(self) -> Silence:
        now = self._clock()
        return Silence(
            silence_id=0, start_time=now, end_time=None, weekdays=None, start_of_day=None, end_of_day=None,
            zone=self._zone, plant=None, factory=None, building=None, floor=None, area=None, sensor_id=None,
            alert_type=None, max_level=None, author="", reason="", update_time=now,
        )  # fmt: skip

    def _changed(self, silence: Silence, fields: Mapping[str, Any]) -> Silence:
        """Returns a silence with other fields; a cleared start is now, a cleared zone the site's."""
        now = self._clock()
        defaults: dict[str, Any] = {"start_time": now, "zone": self._zone}
        values: dict[str, Any] = {
            name: defaults.get(name) if value is None else value for name, value in fields.items()
        }
        return replace(silence, **values, update_time=now)


def _found(silence: Silence | None, silence_id: int) -> Silence:
    if silence is None:
        raise no_such_silence(silence_id)
    return silence
