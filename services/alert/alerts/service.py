"""The use cases of alerts, and what they need of a store and of their neighbours."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from services.alert.alerts import verbs
from services.alert.alerts.domain import (
    AlertFilter,
    NewAlert,
    checked_filter,
    is_own,
    is_there,
    new_alert,
    no_alert,
    place_of,
    require_same,
    row_of,
)
from services.alert.alerts.verbs import Around, Change
from services.alert.domain import Alert, Evaluation
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.errors import UnavailableError
from services.common.paging import Page, PageRequest, page
from services.directory.domain import Directory, Place

# Given an alert that is locked, and what is around it.
Decide = Callable[[Alert, Around], Change | None]


class AlertStore(Protocol):
    """What the use cases need. A change is made under the alert's lock, with its event."""

    async def list(self, request: PageRequest, wanted: AlertFilter, scope: Scope) -> Sequence[Alert]: ...
    async def list_since(self, request: PageRequest, since: datetime, scope: Scope) -> Sequence[Alert]: ...
    async def get(self, alert_id: int) -> Alert | None: ...
    async def of_key(self, idempotency_key: str) -> Alert | None: ...
    async def add(self, row: Mapping[str, Any], actor: str | None) -> Alert | None: ...
    async def change(self, alert_id: int, actor: str, now: datetime, decide: Decide) -> Alert | None: ...


class FollowedDirectory(Protocol):
    """Sensors and places, followed by revision."""

    @property
    def value(self) -> Directory | None: ...
    @property
    def degraded(self) -> str | None: ...
    async def refresh(self) -> bool: ...


class EvaluationView(Protocol):
    """Tells whether readings are judged, without asking anybody."""

    def problems(self) -> Sequence[str]: ...
    def report(self) -> Evaluation: ...


class AlertUseCases:
    """What callers can do with alerts: those of the factories in their scope. Others are as if they were not there."""

    def __init__(
        self,
        store: AlertStore,
        directory: FollowedDirectory,
        evaluation: EvaluationView,
        *,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._store = store
        self._directory = directory
        self._evaluation = evaluation
        self._clock = clock
        self._zone = zone

    async def list_page(self, request: PageRequest, wanted: AlertFilter, scope: Scope) -> Page[Alert]:
        """Returns a page by descending alert_time and then alert_id."""
        return page(await self._store.list(request, checked_filter(wanted), scope), request, _key)

    async def list_today(self, request: PageRequest, scope: Scope) -> Page[Alert]:
        """Returns a page of what was raised since midnight at the site, and of what is still open, likewise."""
        midnight = self._clock().astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return page(await self._store.list_since(request, midnight, scope), request, _key)

    async def get(self, alert_id: int, scope: Scope) -> Alert:
        """Returns one alert, or raises NotFoundError."""
        return _found(alert_id, await self._store.get(alert_id), scope)

    async def create(self, given: Mapping[str, Any], actor: str, idempotency_key: str, scope: Scope) -> Alert:
        """Raises an alert, or returns the one that was raised with this key.

        Raises:
            InvalidInputError: a field is wrong, or there is no such place or sensor.
            FailedPreconditionError: the key was used for another alert.
            UnavailableError: whether there is such a place cannot be known now.
        """
        new = new_alert(given, actor, idempotency_key)
        stored = await self._of_key(new, scope)
        if stored is None:
            row = row_of(new, await self._place_of(new, scope), self._clock())
            stored = await self._store.add(row, new.actor) or await self._of_key(new, scope)
        if stored is None:
            raise UnavailableError("an alert of this key is being raised; try again in a second", "ALERT_BEING_RAISED")
        return stored

    async def acknowledge(self, alert_id: int, actor: str, note: str, scope: Scope) -> Alert:
        """Notes that somebody takes care."""
        verbs.check(actor, note)
        now = self._clock()
        return await self._change(alert_id, actor, now, scope, lambda a, o: verbs.acknowledge(a, o, actor, note, now))

    async def shelve(self, alert_id: int, actor: str, minutes: int, reason: str, scope: Scope) -> Alert:
        """Keeps an alert from notifying; a cleared one is FailedPreconditionError."""
        verbs.check(actor, reason, name="reason", required=True, minutes=minutes)
        now = self._clock()
        return await self._change(alert_id, actor, now, scope, lambda a, _: verbs.shelve(a, minutes, reason, now))

    async def comment(self, alert_id: int, actor: str, note: str, scope: Scope) -> Alert:
        """Adds a note."""
        verbs.check(actor, note, required=True)
        return await self._change(alert_id, actor, self._clock(), scope, lambda *_: verbs.comment(note))

    async def resolve(self, alert_id: int, actor: str, note: str, scope: Scope) -> Alert:
        """Ends an alert; one of a sensor whose readings are good is FailedPreconditionError."""
        verbs.check(actor, note)
        now = self._clock()
        return await self._change(alert_id, actor, now, scope, lambda a, o: verbs.resolve(a, o, note, now))

    def evaluation(self) -> Evaluation:
        """Tells whether readings are judged."""
        return self._evaluation.report()

    async def _change(self, alert_id: int, actor: str, now: datetime, scope: Scope, decide: Decide) -> Alert:
        def decide_own(alert: Alert, around: Around) -> Change | None:
            return decide(_found(alert_id, alert, scope), around)

        return _found(alert_id, await self._store.change(alert_id, actor, now, decide_own), scope)

    async def _of_key(self, new: NewAlert, scope: Scope) -> Alert | None:
        stored = await self._store.of_key(new.idempotency_key) if new.idempotency_key else None
        return None if stored is None else require_same(new, stored, scope)

    async def _place_of(self, new: NewAlert, scope: Scope) -> Place:
        """Returns where a new alert is; a place that was made a moment ago is asked for."""
        directory = self._directory.value
        if directory is None or not is_there(new, directory, scope):
            if not await self._directory.refresh():
                raise _unknown(self._directory)
            directory = self._directory.value
        if directory is None:
            raise _unknown(self._directory)
        return place_of(new, directory, scope)


def _unknown(directory: FollowedDirectory) -> UnavailableError:
    words = directory.degraded or "the location service did not answer"
    message = f"where this is cannot be known now: {words}; try again in a second"
    return UnavailableError(message, "LOCATION_UNAVAILABLE")


def _found(alert_id: int, alert: Alert | None, scope: Scope) -> Alert:
    if alert is None or not is_own(alert, scope):
        raise no_alert(alert_id)
    return alert


def _key(alert: Alert) -> tuple[datetime, int]:
    return alert.alert_time, alert.alert_id
