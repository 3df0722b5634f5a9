"""What the planner reads and writes beside the outbox, over asyncpg's own connection in its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime

import asyncpg
import orjson

from services.alert.domain import Alert
from services.alert.notify.planning import HELD, Happening, Told
from services.alert.writer import NAMES

# So many are planned for in one transaction.
CHUNK = 200
_KNOWN = tuple(field.name for field in fields(Told))

_TO_PLAN = """
SELECT alert_id FROM (SELECT alert_id FROM alert.alert_event WHERE NOT planned ORDER BY create_time LIMIT $2) e
UNION
SELECT alert_id FROM (SELECT alert_id FROM alert.told WHERE due_time <= $1 ORDER BY due_time LIMIT $2) d
"""
_IS_DUE = """
SELECT (SELECT value FROM alert.revision) <> $1 OR EXISTS(SELECT FROM alert.alert_event WHERE NOT planned)
    OR EXISTS(SELECT FROM alert.told WHERE due_time <= $2)
"""
# Whoever changes an alert now adds an event to it, after whose commit it comes again.
_LOCK = f"""
SELECT {", ".join(NAMES)} FROM alert.alert WHERE alert_id = ANY($1) ORDER BY alert_id FOR UPDATE SKIP LOCKED
"""  # noqa: S608  our own names
_HAPPENED = """
SELECT alert_id, event_seq, event_type, state, level, measured_value, create_time FROM alert.alert_event
WHERE alert_id = ANY($1) AND NOT planned ORDER BY alert_id, event_seq
"""
_TOLD = """
SELECT alert_id, subscription_id, level, since, tell_time, due_time, due_cause FROM alert.told
WHERE alert_id = ANY($1)
"""
_KEEP = """
INSERT INTO alert.told (alert_id, subscription_id, level, since, tell_time, due_time, due_cause)
SELECT alert_id, subscription_id, level, since, tell_time, due_time, due_cause
FROM jsonb_populate_recordset(NULL::alert.told, $1)
ON CONFLICT (subscription_id, alert_id) DO UPDATE SET level = EXCLUDED.level, since = EXCLUDED.since,
    tell_time = EXCLUDED.tell_time, due_time = EXCLUDED.due_time, due_cause = EXCLUDED.due_cause
"""
_FORGET = """
DELETE FROM alert.told t USING unnest($1::int[], $2::int[]) d(alert_id, subscription_id)
WHERE t.alert_id = d.alert_id AND t.subscription_id = d.subscription_id
"""
_PLANNED = """
UPDATE alert.alert_event SET planned = true WHERE (alert_id, event_seq) IN (
    SELECT alert_id, event_seq FROM alert.alert_event WHERE alert_id = ANY($1) AND NOT planned
    ORDER BY alert_id, event_seq FOR UPDATE
)
"""
_HELD = f"SELECT DISTINCT alert_id FROM alert.told WHERE due_cause = '{HELD}'"  # noqa: S608
_OPEN = f"SELECT {', '.join(NAMES)} FROM alert.alert WHERE state <> 'CLEARED'"  # noqa: S608
_NEXT_DUE = "SELECT min(due_time) FROM alert.told WHERE due_time IS NOT NULL"


async def is_due(connection: asyncpg.Connection, revision: int, now: datetime) -> bool:
    """Tells whether there is anything to plan, or subscriptions and silences are others than at a revision."""
    due: bool = await connection.fetchval(_IS_DUE, revision, now)
    return due


async def to_plan(connection: asyncpg.Connection, now: datetime) -> list[int]:
    """Returns some alerts to which something happened, or for which it is time."""
    return [row[0] for row in await connection.fetch(_TO_PLAN, now, CHUNK)]


async def lock(connection: asyncpg.Connection, alert_ids: Sequence[int]) -> list[Alert]:
    """Returns those alerts that nobody is changing now, and keeps others from it until the transaction ends."""
    return [Alert(*row) for row in await connection.fetch(_LOCK, alert_ids)]


async def happened(connection: asyncpg.Connection, alert_ids: Sequence[int]) -> dict[int, list[Happening]]:
    """Returns the events that were not planned for yet, in order."""
    found: dict[int, list[Happening]] = {}
    for alert_id, *row in await connection.fetch(_HAPPENED, alert_ids):
        found.setdefault(alert_id, []).append(Happening(*row))
    return found


async def told(connection: asyncpg.Connection, alert_ids: Sequence[int]) -> dict[int, dict[int, Told]]:
    """Returns what each subscription knows of each alert."""
    found: dict[int, dict[int, Told]] = {}
    for alert_id, *row in await connection.fetch(_TOLD, alert_ids):
        found.setdefault(alert_id, {})[row[0]] = Told(*row)
    return found


async def keep(connection: asyncpg.Connection, changes: Mapping[tuple[int, int], Told | None]) -> None:
    """Keeps what is known of (alert_id, subscription_id); None is forgotten."""
    kept = [
        {"alert_id": key[0]} | {name: getattr(value, name) for name in _KNOWN}
        for key, value in changes.items()
        if value is not None
    ]
    gone = [key for key, value in changes.items() if value is None]
    if kept:
        await connection.execute(_KEEP, orjson.dumps(kept).decode())
    if gone:
        await connection.execute(_FORGET, [key[0] for key in gone], [key[1] for key in gone])


async def mark_planned(connection: asyncpg.Connection, alert_ids: Sequence[int]) -> None:
    """Marks every event of alerts that the transaction has locked as planned for, also those that it added."""
    await connection.execute(_PLANNED, alert_ids)


async def held_alerts(connection: asyncpg.Connection) -> list[int]:
    """Returns the alerts of which somebody is not told only because of a silence or a shelf."""
    return [row[0] for row in await connection.fetch(_HELD)]


async def open_alerts(connection: asyncpg.Connection) -> list[Alert]:
    """Returns the alerts that are not cleared."""
    return [Alert(*row) for row in await connection.fetch(_OPEN)]


async def next_due(connection: asyncpg.Connection) -> datetime | None:
    """Returns when somebody is to be told something though nothing happens."""
    due: datetime | None = await connection.fetchval(_NEXT_DUE)
    return due
