"""The use cases of silences, and what they need of a store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from services.alert.matching import is_inside, require, require_change, require_inside
from services.alert.silences.domain import Silence, checked, no_such_silence
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.paging import Page, PageRequest, page

REQUIRED_FIELDS = {"author": "name who wants it", "reason": "give the reason"}


class SilenceStore(Protocol):
    """What the use cases need."""

    async def list(self, request: PageRequest, current_at: datetime | None, scope: Scope) -> Sequence[Silence]: ...
    async def get(self, silence_id: int) -> Silence | None: ...
    async def add(self, new: Silence) -> Silence: ...
    async def change(self, silence_id: int, change: Callable[[Silence], Silence]) -> Silence | None: ...
    async def delete(self, silence_id: int, scope: Scope) -> bool: ...


class SilenceUseCases:
    """What callers can do with silences that are about nothing but what is in their scope.

    Other silences are as if they were not there, and cannot be made: that is ForbiddenError.

    Args:
        zone: the site's, which a silence has that is given none.
    """

    def __init__(self, store: SilenceStore, clock: Clock, zone: str) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    async def list_page(self, request: PageRequest, scope: Scope, *, current: bool) -> Page[Silence]:
        """Returns a page by ascending silence_id."""
        rows = await self._store.list(request, self._clock() if current else None, scope)
        return page(rows, request, lambda s: (s.silence_id,))

    async def get(self, silence_id: int, scope: Scope) -> Silence:
        """Returns one, or raises NotFoundError."""
        return _found(await self._store.get(silence_id), silence_id, scope)

    async def create(self, fields: Mapping[str, Any], scope: Scope) -> Silence:
        """Stores a new silence."""
        require(fields, REQUIRED_FIELDS)
        return await self._store.add(self._changed(self._blank(), fields, scope))

    async def update(self, silence_id: int, fields: Mapping[str, Any], scope: Scope) -> Silence:
        """Changes the given fields; None clears one."""
        require_change(fields)

        def change(old: Silence) -> Silence:
            return self._changed(_found(old, silence_id, scope), fields, scope)

        return _found(await self._store.change(silence_id, change), silence_id, scope)

    async def delete(self, silence_id: int, scope: Scope) -> None:
        """Deletes one."""
        if not await self._store.delete(silence_id, scope):
            raise no_such_silence(silence_id)

    def _blank(self) -> Silence:
        now = self._clock()
        return Silence(
            silence_id=0, start_time=now, end_time=None, weekdays=None, start_of_day=None, end_of_day=None,
            zone=self._zone, plant=None, factory=None, building=None, floor=None, area=None, sensor_id=None,
            alert_type=None, max_level=None, author="", reason="", update_time=now,
        )  # fmt: skip

    def _changed(self, silence: Silence, fields: Mapping[str, Any], scope: Scope) -> Silence:
        """Returns a silence with other fields, checked; a cleared start is now, a cleared zone the site's."""
        now = self._clock()
        defaults: dict[str, Any] = {"start_time": now, "zone": self._zone}
        values: dict[str, Any] = {
            name: defaults.get(name) if value is None else value for name, value in fields.items()
        }
        changed = checked(replace(silence, **values, update_time=now))
        require_inside(changed, scope)
        return changed


def _found(silence: Silence | None, silence_id: int, scope: Scope) -> Silence:
    if silence is None or not is_inside(silence, scope):
        raise no_such_silence(silence_id)
    return silence
