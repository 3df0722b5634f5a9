"""The use cases of device keys, and what they need of a store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.paging import Page, PageRequest, page
from services.device_keys.secret import digest, new_key_id, new_secret
from services.location.device_keys.domain import (
    DeviceKey,
    DeviceKeyFilter,
    DeviceKeys,
    Issued,
    Use,
    checked_filter,
    checked_uses,
    new_key,
    no_key,
    overlap_of,
    rotated,
)


class DeviceKeyStore(Protocol):
    """What the use cases need. A key is in a scope if all of its sensors are; one that is not is as if not there.

    A change raises the keys' revision in its own transaction, but for a use.
    """

    async def list(self, request: PageRequest, wanted: DeviceKeyFilter, scope: Scope) -> Sequence[DeviceKey]: ...
    async def get(self, key_id: str, scope: Scope) -> DeviceKey | None: ...
    async def add(self, new: DeviceKey, scope: Scope) -> None: ...
    async def change(self, key_id: str, change: Callable[[DeviceKey], DeviceKey], scope: Scope) -> DeviceKey | None: ...
    async def delete(self, key_id: str, scope: Scope) -> bool: ...
    async def all(self, known_revision: int | None) -> DeviceKeys | None: ...
    async def take_down(self, uses: Sequence[Use]) -> None: ...


class DeviceKeyUseCases:
    """What callers can do with device keys."""

    def __init__(self, store: DeviceKeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list_page(self, request: PageRequest, wanted: DeviceKeyFilter, scope: Scope) -> Page[DeviceKey]:
        """Returns a page by ascending key_id."""
        rows = await self._store.list(request, checked_filter(wanted), scope)
        return page(rows, request, lambda row: (row.key_id,))

    async def get(self, key_id: str, scope: Scope) -> DeviceKey:
        """Returns one key, or raises NotFoundError."""
        return _found(await self._store.get(key_id, scope) if _can_be(key_id) else None, key_id)

    async def create(self, fields: Mapping[str, Any], scope: Scope) -> Issued:
        """Makes a key and its secret; a sensor that does not exist in the scope is InvalidInputError."""
        key_id = new_key_id()
        secret = new_secret(key_id)
        key = new_key(key_id, digest(secret), fields, self._clock())
        await self._store.add(key, scope)
        return Issued(key, secret)

    async def rotate(self, key_id: str, overlap_minutes: int | None, scope: Scope) -> Issued:
        """Makes a new secret; one that has expired is FailedPreconditionError."""
        overlap, now = overlap_of(overlap_minutes), self._clock()
        secret = new_secret(key_id)
        if not _can_be(key_id):
            raise no_key(key_id)
        changed = await self._store.change(key_id, lambda old: rotated(old, digest(secret), overlap, now), scope)
        return Issued(_found(changed, key_id), secret)

    async def delete(self, key_id: str, scope: Scope) -> None:
        """Revokes a key."""
        if not _can_be(key_id) or not await self._store.delete(key_id, scope):
            raise no_key(key_id)

    async def all(self, known_revision: int | None) -> DeviceKeys | None:
        """Returns every key at one revision, or None if the caller has that revision."""
        return await self._store.all(known_revision)

    async def report(self, uses: Sequence[Use]) -> None:
        """Takes down when keys were last used."""
        await self._store.take_down(checked_uses(uses))


def _can_be(key_id: str) -> bool:
    """Tells whether a key can be called so: PostgreSQL could not even compare with every text."""
    return "\0" not in key_id


def _found(key: DeviceKey | None, key_id: str) -> DeviceKey:
    if key is None:
        raise no_key(key_id)
    return key
