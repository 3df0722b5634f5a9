"""The outbox in PostgreSQL, as those see it who ask what was sent."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, text, true

from services.alert.notify.domain import Notification
from services.alert.notify.drafts import Draft
from services.alert.notify.outbox import put_at_once
from services.alert.notify.planning import TEST
from services.alert.notify.service import Wanted
from services.alert.notify.tables import alert, notification
from services.alert.rows import inside
from services.alert.subscriptions.repository import ABOUT_ITS_PLACES
from services.alert.subscriptions.tables import subscription
from services.common.access.domain import Scope
from services.common.access.sql import within
from services.common.database import Database
from services.common.paging import PageRequest

# Sent to where its subscription says now: a wrong address may be why it failed.
_RETRY = text(f"""
UPDATE alert.notification n SET state = 'PENDING', attempts = 0, next_time = clock_timestamp(), lease_until = NULL,
    told_to = NULL, (channel, recipient, format) = (
        SELECT t.channel, t.recipient, t.format FROM (VALUES (true, s.channel, s.recipient, s.format),
            (false, n.channel, n.recipient, n.format)) t(is_new, channel, recipient, format)
        WHERE is_new = ({ABOUT_ITS_PLACES}))
FROM alert.subscription s
WHERE n.notification_id = :notification_id AND n.state = 'DEAD' AND s.subscription_id = n.subscription_id
RETURNING 1
""")  # noqa: S608  our own words


class SqlNotifications:
    """Satisfies NotificationStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, request: PageRequest, wanted: Wanted, scope: Scope) -> Sequence[Notification]:
        """Returns up to one row more than the limit, the newest first."""
        columns = notification.c
        pairs = (
            (columns.state, wanted.state),
            (columns.alert_id, wanted.alert_id),
            (columns.subscription_id, wanted.subscription_id),
        )
        filters = [_own(scope), *(column == value for column, value in pairs if value is not None)]
        if request.after is not None:
            filters.append(columns.notification_id < request.after[0])
        statement = select(notification).where(*filters).order_by(columns.notification_id.desc())
        async with self._database.transaction() as connection:
            rows = await connection.execute(statement.offset(request.skip).limit(request.limit + 1))
            return [Notification(**row) for row in rows.mappings()]

    async def get(self, notification_id: int, scope: Scope) -> Notification | None:
        """Returns one, or None."""
        statement = select(notification).where(notification.c.notification_id == notification_id, _own(scope))
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).mappings().first()
        return None if row is None else Notification(**row)

    async def retry(self, notification_id: int) -> bool:
        """Has one sent again; False if it is not DEAD or its subscription is gone."""
        async with self._database.transaction() as connection:
            return (await connection.execute(_RETRY, {"notification_id": notification_id})).first() is not None

    async def add_test(self, draft: Draft, now: datetime) -> int:
        """Puts a test message into the outbox; returns its notification_id."""
        async with self._database.driver() as connection:
            return (await put_at_once(connection, [draft], now))[0]


def _own(scope: Scope) -> ColumnElement[bool]:
    """Returns the condition on what somebody with a scope may see: what tells of one alert there, and tests.

    A digest, and what tells that nothing is judged, are about no place.
    """
    if scope.is_everything:
        return true()
    columns = notification.c
    of_alert = exists().where(alert.c.alert_id == columns.alert_id, within(scope, alert.c.plant, alert.c.factory))
    same = subscription.c.subscription_id == columns.subscription_id
    return or_(of_alert, (columns.cause == TEST) & exists().where(same, inside(scope, subscription)))
