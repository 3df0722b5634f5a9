"""Puts messages into the outbox, no more a minute for a recipient than it takes, and makes digests of the others.

Over asyncpg's own connection in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from services.alert.notify import storms
from services.alert.notify.domain import key_of
from services.alert.notify.drafts import Draft
from services.alert.notify.planning import DIGEST
from services.alert.notify.writing import Part, Writing
from services.alert.subscriptions.domain import Subscription

Address = tuple[str, str]

# Those who write to one recipient do so one after the other, or they could not count.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 20260715))"
_LOAD = """
SELECT channel, recipient,
    ARRAY(SELECT release_time FROM alert.notification n
          WHERE n.channel = r.channel AND n.recipient = r.recipient AND n.release_time > $3) AS times,
    EXISTS(SELECT FROM alert.notification n WHERE n.channel = r.channel AND n.recipient = r.recipient
           AND n.state = 'PENDING' AND n.release_time IS NULL) AS waiting
FROM unnest($1::text[], $2::text[]) r(channel, recipient)
"""
_INSERT = """
INSERT INTO alert.notification (idempotency_key, alert_id, event_seq, subscription_id, cause, channel, recipient,
                                format, language, subject, content, state, next_time, create_time, release_time)
SELECT idempotency_key, alert_id, event_seq, subscription_id, cause, channel, recipient, format, language, subject,
    content, 'PENDING', CASE WHEN release_time IS NOT NULL THEN clock_timestamp() END, create_time, release_time
FROM jsonb_to_recordset($1) AS t(n int, idempotency_key text, alert_id int, event_seq int, subscription_id int,
    cause text, channel text, recipient text, format text, language text, subject text, content jsonb,
    create_time timestamptz, release_time timestamptz)
ORDER BY n
ON CONFLICT (idempotency_key) DO NOTHING RETURNING notification_id
"""
_WAITING = """
SELECT DISTINCT ON (channel, recipient) channel, recipient, subscription_id FROM alert.notification
WHERE state = 'PENDING' AND release_time IS NULL ORDER BY channel, recipient, notification_id
"""
_PARTS = """
SELECT notification_id, idempotency_key, subscription_id, format, language, subject, content::text, create_time
FROM alert.notification WHERE channel = $1 AND recipient = $2 AND state = 'PENDING' AND release_time IS NULL
ORDER BY notification_id FOR UPDATE
"""
_RELEASE = "UPDATE alert.notification SET release_time = $2, next_time = clock_timestamp() WHERE notification_id = $1"
_DIGESTED = "UPDATE alert.notification SET state = 'DIGESTED', digest_id = $2 WHERE notification_id = ANY($1)"


async def put(connection: asyncpg.Connection, drafts: Sequence[Draft], now: datetime) -> int:
    """Puts messages into the outbox; returns how many may be sent at once, the others wait for a digest."""
    by_address: dict[Address, list[Draft]] = {}
    for draft in drafts:
        by_address.setdefault(draft.subscription.address, []).append(draft)
    loads = await _loads(connection, sorted(by_address), now)
    rows, at_once = [], 0
    for address, those in by_address.items():
        times, waiting = loads[address]
        most = those[0].subscription.max_per_minute
        count = storms.released(times, waiting, len(those), most, now)
        rows += [_row(draft, now, now if n < count else None) for n, draft in enumerate(those)]
        at_once += count
    await _insert(connection, rows)
    return at_once


async def put_test(connection: asyncpg.Connection, draft: Draft, now: datetime) -> int:
    """Puts a test message into the outbox, which no storm holds back; returns its notification_id."""
    return (await _insert(connection, [_row(draft, now, now)]))[0]


async def release_digests(
    connection: asyncpg.Connection, subscriptions: Mapping[int, Subscription], writing: Writing, now: datetime
) -> tuple[int, datetime | None]:
    """Makes a digest for each recipient that takes one more message.

    Returns how many were made, and when to look again, None for never.
    """
    made, later = 0, []
    for channel, recipient, subscription_id in await connection.fetch(_WAITING):
        async with connection.transaction():
            times, _ = (await _loads(connection, [(channel, recipient)], now))[channel, recipient]
            subscription = subscriptions.get(subscription_id)
            room = storms.room_time(times, subscription.max_per_minute if subscription else 1, now)
            if room > now:
                later.append(room)
                continue
            await _digest(connection, await connection.fetch(_PARTS, channel, recipient), (channel, recipient), writing,
                          now)  # fmt: skip
            made += 1
    return made, min(later, default=None)


async def _digest(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], address: Address, writing: Writing, now: datetime
) -> None:
    if len(rows) == 1:
        await connection.execute(_RELEASE, rows[0]["notification_id"], now)
    elif rows:
        contents = [orjson.loads(row["content"]) for row in rows]
        parts = [
            Part(row["subject"], content["level"], row["create_time"], content["alerts"])
            for row, content in zip(rows, contents, strict=True)
        ]
        first = rows[0]
        content = writing.digest(parts, first["language"])
        key = key_of(DIGEST, *(row["idempotency_key"] for row in rows))
        digest = {
            "idempotency_key": key,
            "subscription_id": first["subscription_id"],
            "cause": DIGEST,
            "channel": address[0],
            "recipient": address[1],
            "format": first["format"],
            "language": first["language"],
            "subject": content.subject,
            "content": content,
            "create_time": now,
            "release_time": now,
        }
        (digest_id,) = await _insert(connection, [digest])
        await connection.execute(_DIGESTED, [row["notification_id"] for row in rows], digest_id)


async def _loads(
    connection: asyncpg.Connection, addresses: Sequence[Address], now: datetime
) -> dict[Address, tuple[list[datetime], bool]]:
    """Locks recipients, in one order for all, and returns when they were sent to lately and whether messages wait."""
    for address in addresses:
        await connection.execute(_LOCK, *address)
    columns = [list(column) for column in zip(*addresses, strict=True)] or [[], []]
    rows = await connection.fetch(_LOAD, *columns, now - storms.WINDOW)
    return {(row["channel"], row["recipient"]): (row["times"], row["waiting"]) for row in rows}


def _row(draft: Draft, now: datetime, release_time: datetime | None) -> dict[str, Any]:
    subscription = draft.subscription
    return {
        "idempotency_key": draft.key,
        "alert_id": draft.alert_id,
        "event_seq": draft.event_seq,
        "subscription_id": subscription.subscription_id,
        "cause": draft.cause,
        "channel": subscription.channel,
        "recipient": subscription.recipient,
        "format": subscription.format,
        "language": subscription.language,
        "subject": draft.content.subject,
        "content": draft.content,
        "create_time": now,
        "release_time": release_time,
    }


async def _insert(connection: asyncpg.Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    numbered = [{"n": n, **row} for n, row in enumerate(rows)]
    return [row[0] for row in await connection.fetch(_INSERT, orjson.dumps(numbered).decode())]
