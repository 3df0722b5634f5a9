"""Puts messages into the outbox, no more a minute for a recipient than it takes: the others wait for a digest.

Over asyncpg's own connection in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from services.alert.notify import storms
from services.alert.notify.drafts import Draft

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
                                format, language, subject, content, state, next_time, create_time, release_time,
                                standstill_id, traceparent)
SELECT idempotency_key, alert_id, event_seq, subscription_id, cause, channel, recipient, format, language, subject,
    content, 'PENDING', CASE WHEN release_time IS NOT NULL THEN clock_timestamp() END, create_time, release_time,
    standstill_id, nullif(traceparent, '')
FROM jsonb_to_recordset($1) AS t(n int, idempotency_key text, alert_id int, event_seq int, subscription_id int,
    cause text, channel text, recipient text, format text, language text, subject text, content jsonb,
    create_time timestamptz, release_time timestamptz, standstill_id int,
    traceparent text)
ORDER BY n
ON CONFLICT (idempotency_key) DO NOTHING RETURNING notification_id
"""


async def put(connection: asyncpg.Connection, drafts: Sequence[Draft], now: datetime) -> tuple[int, datetime | None]:
    """Puts messages into the outbox.

    Returns how many may be sent at once; and when there is room for a digest of the others, None where there are none.
    """
    by_address: dict[Address, list[Draft]] = {}
    for draft in drafts:
        by_address.setdefault(draft.subscription.address, []).append(draft)
    loads = await loads_of(connection, sorted(by_address), now)
    rows, at_once, rooms = [], 0, []
    for address, those in by_address.items():
        times, waiting = loads[address]
        most = those[0].subscription.max_per_minute
        count = storms.released(times, waiting, len(those), most, now)
        rows += [_row(draft, now, now if n < count else None) for n, draft in enumerate(those)]
        at_once += count
        if count < len(those):
            rooms.append(storms.room_time([*times, *[now] * count], most, now))
    await insert(connection, rows)
    return at_once, min(rooms, default=None)


async def put_at_once(connection: asyncpg.Connection, drafts: Sequence[Draft], now: datetime) -> list[int]:
    """Puts messages into the outbox that no storm holds back; returns the notification_ids of those that are new."""
    return await insert(connection, [_row(draft, now, now) for draft in drafts])


async def loads_of(
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
        "standstill_id": draft.standstill_id,
        "traceparent": draft.traceparent,
    }


async def insert(connection: asyncpg.Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Stores messages in their order, without those that are stored already; returns their notification_ids."""
    numbered = [{"n": n, **row} for n, row in enumerate(rows)]
    return [row[0] for row in await connection.fetch(_INSERT, orjson.dumps(numbered).decode())]
