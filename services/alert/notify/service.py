"""The use cases of notifications, and what they need of others."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.alert.matching import choice_violations
from services.alert.notify.domain import (
    DEAD,
    PENDING,
    SENT,
    STATES,
    Notification,
    no_such_notification,
    not_dead,
    subscription_is_gone,
)
from services.alert.notify.drafts import Draft
from services.alert.notify.planning import TEST
from services.alert.notify.writing import Writing
from services.alert.subscriptions.domain import Subscription
from services.alert.subscriptions.service import Outcome
from services.common.access.domain import EVERYTHING, Scope
from services.common.clock import Clock
from services.common.errors import InvalidInputError
from services.common.paging import Page, PageRequest, page

# So long the caller of a test waits, and looks again at least so often: another replica may have sent it.
TEST_S = 10.0
LOOK_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications are wanted; None is any."""

    state: str | None
    alert_id: int | None
    subscription_id: int | None


class NotificationStore(Protocol):
    """What the use cases need of a store."""

    async def list(self, request: PageRequest, wanted: Wanted, scope: Scope) -> Sequence[Notification]: ...
    async def get(self, notification_id: int, scope: Scope) -> Notification | None: ...
    async def retry(self, notification_id: int) -> bool: ...
    async def add_test(self, draft: Draft, now: datetime) -> int: ...


class Sending(Protocol):
    """What sends."""

    def wake(self) -> None: ...
    async def settled(self, seconds: float) -> None: ...


class NotificationUseCases:
    """What callers can do with notifications, of what is in their scope. Others are as if they were not there."""

    def __init__(self, store: NotificationStore, sending: Sending, writing: Writing, clock: Clock) -> None:
        self._store = store
        self._sending = sending
        self._writing = writing
        self._clock = clock

    async def list_page(self, request: PageRequest, wanted: Wanted, scope: Scope) -> Page[Notification]:
        """Returns a page by descending notification_id."""
        violations = choice_violations("state", wanted.state, STATES)
        if violations:
            raise InvalidInputError(violations)
        return page(await self._store.list(request, wanted, scope), request, lambda n: (n.notification_id,))

    async def get(self, notification_id: int, scope: Scope) -> Notification:
        """Returns one, or raises NotFoundError."""
        notification = await self._store.get(notification_id, scope)
        if notification is None:
            raise no_such_notification(notification_id)
        return notification

    async def retry(self, notification_id: int, scope: Scope) -> Notification:
        """Has one that failed for good sent once more."""
        await self.get(notification_id, scope)
        if not await self._store.retry(notification_id):
            state = (await self.get(notification_id, scope)).state
            raise subscription_is_gone(notification_id) if state == DEAD else not_dead(notification_id, state)
        self._sending.wake()
        return await self.get(notification_id, scope)

    async def test(self, subscription: Subscription) -> Outcome:
        """Sends a test message and waits for what becomes of it. It is tried once."""
        draft = Draft(subscription, secrets.token_hex(20), TEST, self._writing.test(subscription))
        notification_id = await self._store.add_test(draft, self._clock())
        self._sending.wake()
        try:
            async with asyncio.timeout(TEST_S):
                notification = await self._outcome(notification_id)
        except TimeoutError:
            words = f"nothing became of it within {TEST_S:g} s; get notification {notification_id} later"
            return Outcome(notification_id, sent=False, error=words)
        return Outcome(notification_id, sent=notification.state == SENT, error=notification.last_error)

    async def _outcome(self, notification_id: int) -> Notification:
        while True:
            notification = await self.get(notification_id, EVERYTHING)
            if notification.state != PENDING:
                return notification
            await self._sending.settled(LOOK_AGAIN_S)
