"""Makes one message of those that wait for room: a digest of any length, put together part by part.

Over asyncpg's own connection, each part in a transaction of its own. A digest is a message without a release_time as
long as it is not whole; whoever comes next goes on with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import orjson

from services.alert.notify import outbox, storms
from services.alert.notify.domain import key_of
from services.alert.notify.planning import CLEARED, DIGEST
from services.alert.notify.writing import MOST_LISTED, Count, Digest, Part, Writing
from services.alert.subscriptions.domain import Subscription
from services.heat.levels import LEVELS

# So many messages become a part of a digest in one transaction.
CHUNK = 500

_WAITING = """
SELECT DISTINCT ON (channel, recipient) channel, recipient, subscription_id FROM alert.notification
WHERE state = 'PENDING' AND release_time IS NULL ORDER BY channel, recipient, notification_id
"""
# A digest that is begun, and some that may be parts of it. What is told of an alert in a digest must not come before
# what was told of it earlier and is not taken yet. Which alerts those are is asked once, not for each message: just
# before a storm the statistics know of no messages, and a plan made by them takes the square of the storm's size.
WANTED = f"""
SELECT notification_id FROM alert.notification
WHERE channel = $1 AND recipient = $2 AND state = 'PENDING' AND release_time IS NULL
    AND (alert_id IS NULL OR alert_id NOT IN (
        SELECT alert_id FROM alert.notification
        WHERE channel = $1 AND recipient = $2 AND state = 'PENDING' AND release_time IS NOT NULL
            AND alert_id IS NOT NULL
        UNION ALL
        SELECT part.alert_id FROM alert.notification part
        JOIN alert.notification digest ON digest.notification_id = part.digest_id
        WHERE digest.channel = $1 AND digest.recipient = $2 AND digest.state = 'PENDING'
            AND digest.release_time IS NOT NULL AND part.alert_id IS NOT NULL))
ORDER BY cause <> '{DIGEST}', notification_id LIMIT {CHUNK} + 2
"""  # noqa: S608  our own words, here and below
# Locked in one order; what another has taken meanwhile is left out.
_LOCKED = """
SELECT notification_id, idempotency_key, subscription_id, format, language, cause, traceparent
FROM alert.notification WHERE notification_id = ANY($1) AND state = 'PENDING' AND release_time IS NULL
ORDER BY notification_id FOR UPDATE
"""
_ALONE = "UPDATE alert.notification SET release_time = $2, next_time = clock_timestamp() WHERE notification_id = $1"
_TAKE = "UPDATE alert.notification SET state = 'DIGESTED', digest_id = $2 WHERE notification_id = ANY($1)"
# Of each alert its last news count.
_LAST = f"""
WITH last AS (
    SELECT DISTINCT ON (alert_id) notification_id, subject, create_time, content, content ->> 'level' AS level,
        cause = '{CLEARED}' AS is_over
    FROM alert.notification WHERE digest_id = $1 ORDER BY alert_id, notification_id DESC
)
"""  # noqa: S608
_COUNTS = f"{_LAST} SELECT level, is_over, count(*) FROM last GROUP BY level, is_over"  # noqa: S608
_WORST = f"""
{_LAST} SELECT subject, create_time, content -> 'alerts' FROM last
ORDER BY is_over, array_position($2::text[], level) DESC, notification_id LIMIT {MOST_LISTED}
"""  # noqa: S608
_RELEASE = """
UPDATE alert.notification SET subject = $2, content = $3, release_time = $4, next_time = clock_timestamp()
WHERE notification_id = $1
"""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one transaction did: released a message, or left more for a next one; `room` is when there is room."""

    released: bool = False
    more: bool = False
    room: datetime | None = None


async def release(
    connection: asyncpg.Connection, subscriptions: Mapping[int, Subscription], writing: Writing, now: datetime
) -> tuple[int, datetime | None]:
    """Makes a digest for each recipient that takes one more message.

    Returns how many were made, and when to look again, None for never.
    """
    made, later = 0, []
    for channel, recipient, subscription_id in await connection.fetch(_WAITING):
        subscription = subscriptions.get(subscription_id)
        most = subscription.max_per_minute if subscription else 1
        turn = _Turn(more=True)
        while turn.more:
            async with connection.transaction():
                turn = await _turn(connection, (channel, recipient), most, writing, now)
        made += turn.released
        if turn.room is not None:
            later.append(turn.room)
    return made, min(later, default=None)


async def _turn(
    connection: asyncpg.Connection, address: outbox.Address, most: int, writing: Writing, now: datetime
) -> _Turn:
    times, _ = (await outbox.loads_of(connection, [address], now))[address]
    room = storms.room_time(times, most, now)
    if room > now:
        return _Turn(room=room)
    wanted = await connection.fetch(_LOCKED, [row[0] for row in await connection.fetch(WANTED, *address)])
    parts = [row for row in wanted if row["cause"] != DIGEST]
    begun = next((row for row in wanted if row["cause"] == DIGEST), None)
    if begun is None and not parts:
        return _Turn()
    if begun is None and len(parts) == 1:
        await connection.execute(_ALONE, parts[0]["notification_id"], now)
        return _Turn(released=True)
    digest_id = begun["notification_id"] if begun else await _begin(connection, address, parts[0], now)
    await connection.execute(_TAKE, [part["notification_id"] for part in parts[:CHUNK]], digest_id)
    if len(parts) > CHUNK:
        return _Turn(more=True)
    content = writing.digest(await _read(connection, digest_id), (begun or parts[0])["language"])
    await connection.execute(_RELEASE, digest_id, content.subject, orjson.dumps(content).decode(), now)
    return _Turn(released=True)


async def _begin(connection: asyncpg.Connection, address: outbox.Address, first: asyncpg.Record, now: datetime) -> int:
    """Stores a digest of nothing yet. A message is in one digest only, so the first one's key makes that of it."""
    digest = {
        "idempotency_key": key_of(DIGEST, first["idempotency_key"]),
        "subscription_id": first["subscription_id"],
        "cause": DIGEST,
        "channel": address[0],
        "recipient": address[1],
        "format": first["format"],
        "language": first["language"],
        "subject": "",
        "content": {},
        "create_time": now,
        "release_time": None,
        "traceparent": first["traceparent"],
    }
    (digest_id,) = await outbox.insert(connection, [digest])
    return digest_id


async def _read(connection: asyncpg.Connection, digest_id: int) -> Digest:
    """Returns what a digest is about: how many alerts, and the worst ones."""
    counts = [Count(*row) for row in await connection.fetch(_COUNTS, digest_id)]
    rows = await connection.fetch(_WORST, digest_id, list(LEVELS))
    return Digest(counts, [Part(subject, moment, orjson.loads(alerts)) for subject, moment, alerts in rows])
