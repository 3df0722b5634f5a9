"""The use cases of subscriptions, and what they need of others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from services.alert.domain import ALERT_TYPES, THRESHOLD
from services.alert.matching import (
    alert_level,
    choice_violations,
    is_inside,
    level_violations,
    require,
    require_change,
    require_inside,
)
from services.alert.networks import Networks
from services.alert.silences.domain import Silence
from services.alert.subscriptions.domain import (
    JSON,
    KOREAN,
    Subscription,
    checked,
    no_such_subscription,
)
from services.alert.subscriptions.preview import Match, Subject, preview
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.errors import InvalidInputError, NotFoundError, UnavailableError, Violation
from services.common.paging import Page, PageRequest, page
from services.directory.domain import SENSOR_ID, Directory

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_REQUIRED = {"channel": "give email or webhook", "recipient": "give an e-mail address or a webhook's URL"}
BLANK = Subscription(
    subscription_id=0, name="", channel="", recipient="", format=JSON, secret=None, language=KOREAN, plant=None,
    factory=None, building=None, floor=None, area=None, sensor_id=None, alert_type=None, min_level="yellow",
    escalation_minutes=0, repeat_minutes=0, max_per_minute=10, notify_clear=True, enabled=True, update_time=_EPOCH,
)  # fmt: skip


class SubscriptionStore(Protocol):
    """What the use cases need of a store."""

    async def list(self, request: PageRequest, scope: Scope) -> Sequence[Subscription]: ...
    async def all(self) -> Sequence[Subscription]: ...
    async def get(self, subscription_id: int) -> Subscription | None: ...
    async def add(self, new: Subscription) -> Subscription: ...
    async def change(
        self, subscription_id: int, change: Callable[[Subscription], Subscription]
    ) -> Subscription | None: ...
    async def delete(self, subscription_id: int, scope: Scope) -> bool: ...


class Silences(Protocol):
    """Where the silences are."""

    async def all(self) -> Sequence[Silence]: ...


class Places(Protocol):
    """Where the directory is; None as long as location was never reached."""

    @property
    def value(self) -> Directory | None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a test message. `error` is None where the recipient took it."""

    notification_id: int
    sent: bool
    error: str | None


class Tester(Protocol):
    """Sends a test message and waits for what becomes of it."""

    async def test(self, subscription: Subscription) -> Outcome: ...


class SubscriptionUseCases:
    """What callers can do with subscriptions that tell of nothing but what is in their scope.

    Other subscriptions are as if they were not there, and cannot be made: that is ForbiddenError.

    Args:
        mail_is_set_up: whether e-mail can be sent at all.
        networks: where webhooks may be.
    """

    def __init__(
        self, store: SubscriptionStore, silences: Silences, places: Places, tester: Tester, clock: Clock, *,
        mail_is_set_up: bool, networks: Networks,
    ) -> None:  # fmt: skip
        self._store = store
        self._silences = silences
        self._places = places
        self._tester = tester
        self._clock = clock
        self._mail_is_set_up = mail_is_set_up
        self._networks = networks

    async def list_page(self, request: PageRequest, scope: Scope) -> Page[Subscription]:
        """Returns a page by ascending subscription_id."""
        return page(await self._store.list(request, scope), request, lambda s: (s.subscription_id,))

    async def get(self, subscription_id: int, scope: Scope) -> Subscription:
        """Returns one, or raises NotFoundError."""
        return _found(await self._store.get(subscription_id), subscription_id, scope)

    async def create(self, fields: Mapping[str, Any], scope: Scope) -> Subscription:
        """Stores a new subscription."""
        require(fields, _REQUIRED)
        return await self._store.add(self._changed(BLANK, fields, scope))

    async def update(self, subscription_id: int, fields: Mapping[str, Any], scope: Scope) -> Subscription:
        """Changes the given fields; None clears one."""
        require_change(fields)
        return await self._change(subscription_id, scope, lambda old: self._changed(old, fields, scope))

    async def set_enabled(self, subscription_id: int, scope: Scope, *, enabled: bool) -> Subscription:
        """Enables or disables one; what is so already stays so."""
        now = self._clock()
        return await self._change(subscription_id, scope, lambda old: replace(old, enabled=enabled, update_time=now))

    async def delete(self, subscription_id: int, scope: Scope) -> None:
        """Deletes one."""
        if not await self._store.delete(subscription_id, scope):
            raise no_such_subscription(subscription_id)

    async def test(self, subscription_id: int, scope: Scope) -> Outcome:
        """Sends a test message, whether the subscription is enabled or not."""
        return await self._tester.test(await self.get(subscription_id, scope))

    async def match(
        self, loc_id: str, sensor_id: str | None, alert_type: str | None, level: str | None, scope: Scope
    ) -> Sequence[Match]:
        """Returns whom of those that the caller may see an alert at a place would reach.

        What keeps them from being told is found among all. An unknown place is NotFoundError.
        """
        subject = self._subject(loc_id, sensor_id, alert_type or THRESHOLD, level or "red", scope)
        matches = preview(subject, await self._store.all(), await self._silences.all(), self._clock())
        return [match for match in matches if is_inside(match.subscription, scope)]

    async def _change(
        self, subscription_id: int, scope: Scope, change: Callable[[Subscription], Subscription]
    ) -> Subscription:
        def change_own(old: Subscription) -> Subscription:
            return change(_found(old, subscription_id, scope))

        changed = await self._store.change(subscription_id, change_own)
        return _found(changed, subscription_id, scope)

    def _subject(self, loc_id: str, sensor_id: str | None, alert_type: str, level: str, scope: Scope) -> Subject:
        violations = [
            Violation(name, "give 1 to 50 of letters, digits, '-', '_' and '.'")
            for name, value in (("loc_id", loc_id), ("sensor_id", sensor_id))
            if value is not None and not SENSOR_ID.fullmatch(value)
        ]
        violations += choice_violations("alert_type", alert_type, ALERT_TYPES) + level_violations("level", level)
        known = alert_level(level)
        if violations or known is None:
            raise InvalidInputError(violations)
        directory = self._places.value
        if directory is None:
            raise UnavailableError("the location service has not been reached yet; try again later", "LOCATION_UNKNOWN")
        place = directory.places.get(loc_id)
        if place is None or not scope.covers(place.plant, place.factory):
            message = f"there is no place {loc_id!r}; GET /api/v1/locations/ lists them"
            raise NotFoundError(message, "LOCATION_NOT_FOUND", {"loc_id": loc_id})
        where = (place.plant or None, place.factory, place.building, place.floor, place.area)
        return Subject(*where, sensor_id, alert_type, known)

    def _changed(self, old: Subscription, fields: Mapping[str, Any], scope: Scope) -> Subscription:
        wanted = replace(old, **fields, update_time=self._clock())
        changed = checked(wanted, mail_is_set_up=self._mail_is_set_up, networks=self._networks)
        require_inside(changed, scope)
        return changed


def _found(subscription: Subscription | None, subscription_id: int, scope: Scope) -> Subscription:
    if subscription is None or not is_inside(subscription, scope):
        raise no_such_subscription(subscription_id)
    return subscription
