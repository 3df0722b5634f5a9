"""Takes messages out of the outbox to be sent, and writes what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import orjson

from services.alert.domain import NOTIFICATION_FAILED, NOTIFIED
from services.alert.notify import figures
from services.alert.notify.domain import DEAD, Claimed, Due, Failure
from services.alert.notify.planning import TEST
from services.alert.writer import Event, add_events, lock_alerts
from services.common.database import Database

LEASE = timedelta(seconds=30)
# A message that was not taken for so long is given up.
PATIENCE = timedelta(hours=24)
# So many of one recipient are taken at once.
MOST_OF_LANE = 20

# Claims come one after the other, so that a recipient has one sender at a time and its messages their order. What a
# crash of the database's machine would undo here is only a claim: the message is sent again, with the same key.
_ALONE = "SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(20260716)"
# A message waits for the older ones of its alert or standstill, digests among them, whatever keeps them; those of other
# alerts go on. A digest has nothing to wait for: it is made of what had no older message under way.
_CLAIM = """
WITH due AS (
    SELECT channel, recipient, min(next_time) AS first FROM alert.notification
    WHERE state = 'PENDING' AND release_time IS NOT NULL AND next_time <= clock_timestamp()
    GROUP BY channel, recipient
), free AS (
    SELECT *, EXISTS(SELECT FROM alert.notification f WHERE f.channel = d.channel AND f.recipient = d.recipient
                     AND f.state = 'PENDING' AND f.attempts > 0) AS failing
    FROM due d
    WHERE NOT EXISTS (SELECT FROM alert.notification b WHERE b.channel = d.channel AND b.recipient = d.recipient
                      AND b.state = 'PENDING' AND b.lease_until > clock_timestamp())
), lane AS (
    SELECT channel, recipient FROM (
        SELECT *, row_number() OVER (PARTITION BY failing ORDER BY first) AS n FROM free) f
    WHERE n <= CASE WHEN failing THEN $4::int ELSE $1::int END
    ORDER BY failing, first LIMIT $1
), picked AS (
    SELECT p.notification_id FROM lane l CROSS JOIN LATERAL (
        SELECT n.notification_id FROM alert.notification n
        WHERE n.channel = l.channel AND n.recipient = l.recipient AND n.state = 'PENDING'
        AND n.release_time IS NOT NULL AND n.next_time <= clock_timestamp()
        AND NOT EXISTS (SELECT FROM alert.notification e WHERE e.channel = n.channel AND e.recipient = n.recipient
                        AND e.alert_id = n.alert_id AND e.state = 'PENDING' AND e.release_time IS NOT NULL
                        AND e.notification_id < n.notification_id AND e.next_time > clock_timestamp())
        AND NOT EXISTS (SELECT FROM alert.notification p JOIN alert.notification e ON e.notification_id = p.digest_id
                        WHERE p.alert_id = n.alert_id AND e.channel = n.channel AND e.recipient = n.recipient
                        AND e.state = 'PENDING' AND e.notification_id < n.notification_id
                        AND e.next_time > clock_timestamp())
        AND NOT EXISTS (SELECT FROM alert.notification e WHERE e.standstill_id = n.standstill_id
                        AND e.channel = n.channel AND e.recipient = n.recipient AND e.state = 'PENDING'
                        AND e.notification_id < n.notification_id AND e.next_time > clock_timestamp())
        ORDER BY n.cause <> 'test', n.notification_id LIMIT $2) p
), locked AS (
    SELECT notification_id FROM alert.notification
    WHERE notification_id IN (SELECT notification_id FROM picked) AND state = 'PENDING'
    ORDER BY notification_id FOR UPDATE
)
UPDATE alert.notification n SET lease_until = statement_timestamp() + $3::interval
FROM locked l WHERE n.notification_id = l.notification_id
RETURNING n.notification_id, idempotency_key, alert_id, n.subscription_id, cause, n.channel, n.recipient, n.format,
    n.language, content::text, attempts, lease_until, coalesce(n.traceparent, '') AS traceparent,
    (SELECT secret FROM alert.subscription s WHERE s.subscription_id = n.subscription_id) AS secret,
    (SELECT coalesce(nullif(name, ''), 'subscription ' || subscription_id) FROM alert.subscription s
     WHERE s.subscription_id = n.subscription_id) AS title
"""
# What is due and what will be are told apart: some of what is due may wait for something that is not.
_NEXT = """
SELECT coalesce(bool_or(moment <= look), false),
    extract(epoch FROM min(moment - look) FILTER (WHERE moment > look))::float8
FROM (SELECT greatest(next_time, lease_until) AS moment, statement_timestamp() AS look FROM alert.notification
      WHERE state = 'PENDING' AND release_time IS NOT NULL) t
"""
# Only he who still has the lease may say what became of a message.
_SENT = """
UPDATE alert.notification SET state = 'SENT', send_time = clock_timestamp(), attempts = attempts + 1,
    last_error = NULL, next_time = NULL, lease_until = NULL, told_to = CASE WHEN cause = 'digest' THEN 0 END
WHERE notification_id = $1 AND state = 'PENDING' AND lease_until = $2
RETURNING extract(epoch FROM clock_timestamp() - release_time)::float8
"""
_FAILED = """
UPDATE alert.notification SET attempts = attempts + 1, last_error = $3, lease_until = NULL,
    state = CASE WHEN over THEN 'DEAD' ELSE 'PENDING' END,
    next_time = CASE WHEN NOT over THEN clock_timestamp() + $5::interval END,
    told_to = CASE WHEN over AND cause = 'digest' THEN 0 END
FROM (SELECT $4::boolean OR create_time < clock_timestamp() - $6::interval AS over FROM alert.notification
      WHERE notification_id = $1) o
WHERE notification_id = $1 AND state = 'PENDING' AND lease_until = $2 RETURNING state
"""
_RELEASE = """
UPDATE alert.notification SET lease_until = NULL WHERE notification_id IN (
    SELECT notification_id FROM alert.notification
    WHERE notification_id = ANY($1) AND state = 'PENDING' AND lease_until = $2 ORDER BY notification_id FOR UPDATE
)
"""


class Claims:
    """The outbox, as a sender sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, lanes: int, failing: int) -> list[list[Claimed]]:
        """Takes messages for up to so many recipients, those of each in the order in which they are to be sent.

        Args:
            lanes: how many recipients.
            failing: how many of them may be such as did not take a message lately.
        """
        async with self._database.driver() as connection:
            await connection.execute(_ALONE)
            rows = await connection.fetch(_CLAIM, lanes, MOST_OF_LANE, LEASE, failing)
        found: dict[tuple[str, str], list[Claimed]] = {}
        for row in sorted(rows, key=lambda r: (r["cause"] != TEST, r["notification_id"])):
            message = Claimed(**{**row, "content": orjson.loads(row["content"]), "title": row["title"] or "nobody"})
            found.setdefault((message.channel, message.recipient), []).append(message)
        return list(found.values())

    async def due(self) -> Due:
        """Tells whether anything is due, and when more will be."""
        async with self._database.reader() as connection:
            return Due(*await connection.fetchrow(_NEXT))

    async def release(self, messages: Sequence[Claimed]) -> None:
        """Gives messages back that were not tried."""
        if messages:
            ids = [message.notification_id for message in messages]
            async with self._database.driver() as connection:
                await connection.execute(_RELEASE, ids, messages[0].lease_until)

    async def mark_sent(self, message: Claimed, now: datetime) -> None:
        """Notes that the recipient took a message, also in the story of its alert; of a digest see `stories`."""
        async with self._database.driver() as connection:
            await _lock_alert(connection, message)
            seconds = await connection.fetchval(_SENT, message.notification_id, message.lease_until)
            if seconds is not None:
                await _tell(connection, message, NOTIFIED, "", now)
        if seconds is not None and message.cause != TEST:
            figures.sent(message.channel, seconds)

    async def mark_failed(self, message: Claimed, failure: Failure, delay_s: float, now: datetime) -> None:
        """Notes that a message was not taken, and when it is tried again, if ever."""
        permanent = failure.permanent or message.cause == TEST
        delay = timedelta(seconds=max(delay_s, failure.retry_after_s))
        async with self._database.driver() as connection:
            await _lock_alert(connection, message)
            state = await connection.fetchval(
                _FAILED, message.notification_id, message.lease_until, failure.reason, permanent, delay, PATIENCE
            )
            if state == DEAD:
                await _tell(connection, message, NOTIFICATION_FAILED, f": {failure.reason}", now)
        if state is not None and message.cause != TEST:
            figures.failed(message.channel, is_over=state == DEAD)


async def _lock_alert(connection: asyncpg.Connection, message: Claimed) -> None:
    # Before the message, as everywhere.
    if message.alert_id is not None:
        await lock_alerts(connection, [message.alert_id])


async def _tell(connection: asyncpg.Connection, message: Claimed, event_type: str, why: str, now: datetime) -> None:
    if message.alert_id is not None:
        note = f"{message.cause} by {message.channel}{why}"
        event = Event(message.alert_id, event_type, now, actor=message.title, note=note)
        await add_events(connection, [event], planned=True)
