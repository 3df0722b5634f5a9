"""Subscriptions in PostgreSQL, and what becomes of their messages when they change."""

from collections.abc import Callable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alert.rows import Rows, inside
from services.alert.subscriptions.domain import SUBSCRIPTION_DELETED, SUBSCRIPTION_DISABLED, Subscription
from services.alert.subscriptions.tables import subscription
from services.common.access.domain import Scope
from services.common.database import Database
from services.common.paging import PageRequest

# The other statements then change what is locked already.
_LOCK = text("""
SELECT FROM alert.notification WHERE subscription_id = :subscription_id AND state = 'PENDING'
ORDER BY notification_id FOR UPDATE
""")
# What a message tells of is of places that a subscription is about: an alert, or all those of a digest; a message about
# no alert is about no place. Who may change a subscription must not get by it what was told of other places.
ABOUT_ITS_PLACES = """NOT EXISTS (
    SELECT FROM alert.alert a WHERE a.alert_id IN (
        SELECT n.alert_id UNION ALL SELECT p.alert_id FROM alert.notification p WHERE p.digest_id = n.notification_id)
    AND NOT (coalesce(s.plant IS NULL OR s.plant = a.plant, false)
             AND coalesce(s.factory IS NULL OR s.factory = a.factory, false)))"""
# A message that is told for several subscriptions of one address goes on under another one of them.
_HAND_OVER = text(f"""
WITH heir AS (
    SELECT n.notification_id, min(s.subscription_id) AS subscription_id
    FROM alert.notification n JOIN alert.subscription s ON s.channel = n.channel AND s.recipient = n.recipient
    WHERE n.subscription_id = :subscription_id AND n.state = 'PENDING' AND n.cause <> 'test'
    AND s.enabled AND s.subscription_id <> :subscription_id AND (n.cause = 'digest' OR {ABOUT_ITS_PLACES})
    GROUP BY n.notification_id
)
UPDATE alert.notification SET subscription_id = heir.subscription_id
FROM heir WHERE notification.notification_id = heir.notification_id
""")  # noqa: S608  our own words, here and below
_CANCEL = text("""
UPDATE alert.notification
SET state = 'CANCELLED', cancel_reason = :reason, next_time = NULL, lease_until = NULL
WHERE subscription_id = :subscription_id AND state = 'PENDING'
""")
_FORGET = text("DELETE FROM alert.told WHERE subscription_id = :subscription_id")
_READDRESS = text(f"""
UPDATE alert.notification n SET channel = s.channel, recipient = s.recipient, format = s.format
FROM alert.subscription s
WHERE s.subscription_id = :subscription_id AND n.subscription_id = :subscription_id AND n.state = 'PENDING'
AND {ABOUT_ITS_PLACES}
""")  # noqa: S608


class SqlSubscriptions:
    """Satisfies SubscriptionStore."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, subscription, Subscription)

    async def list(self, request: PageRequest, scope: Scope) -> Sequence[Subscription]:
        """Returns up to one row more than the limit, of those that are inside a scope."""
        return await self._rows.list(request, [inside(scope, subscription)])

    async def all(self) -> Sequence[Subscription]:
        """Returns every subscription by ascending id."""
        return await self._rows.all()

    async def get(self, subscription_id: int) -> Subscription | None:
        """Returns one, or None."""
        return await self._rows.get(subscription_id)

    async def add(self, new: Subscription) -> Subscription:
        """Stores one and gives it its id."""
        async with self._rows.changing() as connection:
            return await self._rows.add(connection, new)

    async def change(self, subscription_id: int, change: Callable[[Subscription], Subscription]) -> Subscription | None:
        """Changes one under its row lock; None if it does not exist. What waits to be sent goes to the new address."""
        async with self._rows.changing() as connection:
            changed = await self._rows.change(connection, subscription_id, change)
            if changed is None:
                return None
            old, new = changed
            await connection.execute(_LOCK, {"subscription_id": subscription_id})
            if (old.address, old.format) != (new.address, new.format):
                await connection.execute(_READDRESS, {"subscription_id": subscription_id})
            if old.enabled and not new.enabled:
                await _cancel(connection, subscription_id, SUBSCRIPTION_DISABLED)
            return new

    async def delete(self, subscription_id: int, scope: Scope) -> bool:
        """Deletes one, and with it what was to be sent for it; False if there was none inside a scope."""
        async with self._rows.changing() as connection:
            if not await self._rows.delete(connection, subscription_id, [inside(scope, subscription)]):
                return False
            await connection.execute(_LOCK, {"subscription_id": subscription_id})
            await _cancel(connection, subscription_id, SUBSCRIPTION_DELETED)
            await connection.execute(_FORGET, {"subscription_id": subscription_id})
            return True


async def _cancel(connection: AsyncConnection, subscription_id: int, reason: str) -> None:
    await connection.execute(_HAND_OVER, {"subscription_id": subscription_id})
    await connection.execute(_CANCEL, {"subscription_id": subscription_id, "reason": reason})
