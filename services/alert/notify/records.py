"""What the planner reads and writes beside the outbox, over asyncpg's own connection in its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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
_LOOK = f"""
SELECT (SELECT value FROM alert.revision), ARRAY({_TO_PLAN}),
    (SELECT min(due_time) FROM alert.told WHERE due_time IS NOT NULL)
"""  # noqa: S608  our own words
# Whoever changes an alert now adds an event to it, after whose commit it comes again.
_LOCK = f"""
SELECT {", ".join(NAMES)} FROM alert.alert WHERE alert_id = ANY($1) ORDER BY alert_id FOR UPDATE SKIP LOCKED
"""  # noqa: S608  our own names
_HAPPENED = """
SELECT alert_id, event_seq, event_type, state, level, measured_value, create_time, coalesce(traceparent, '')
FROM alert.alert_event
WHERE alert_id = ANY($1) AND NOT planned ORDER BY alert_id, event_seq
"""
_TOLD = """
SELECT alert_id, subscription_id, level, since, tell_time, due_time, due_cause FROM alert.told
WHERE alert_id = ANY($1)
"""
# Every event of the alerts is planned for, also those that the transaction has added.
_KEEP = """
WITH planned AS (
    UPDATE alert.alert_event SET planned = true WHERE (alert_id, event_seq) IN (
        SELECT alert_id, event_seq FROM alert.alert_event WHERE alert_id = ANY($2) AND NOT planned
        ORDER BY alert_id, event_seq FOR UPDATE
    )
)
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
_HELD = f"SELECT DISTINCT alert_id FROM alert.told WHERE due_cause = '{HELD}'"  # noqa: S608
_OPEN = f"SELECT {', '.join(NAMES)} FROM alert.alert WHERE state <> 'CLEARED'"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to do.

    Attributes:
        revision: that of the subscriptions and silences.
        alert_ids: some alerts to which something happened, or for which it is time.
        due_time: when somebody is to be told something though nothing happens; None for never.
    """

    revision: int
    alert_ids: Sequence[int]
    due_time: datetime | None


async def look(connection: asyncpg.Connection, now: datetime) -> Look:
    """Looks at what there is to do."""
    return Look(*await connection.fetchrow(_LOOK, now, CHUNK))


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
    if not alert_ids:
        return found
    for alert_id, *row in await connection.fetch(_TOLD, alert_ids):
        found.setdefault(alert_id, {})[row[0]] = Told(*row)
    return found


async def keep(
    connection: asyncpg.Connection, alert_ids: Sequence[int], changes: Mapping[tuple[int, int], Told | None]
) -> None:
    """Marks every event of alerts that the transaction has locked as planned for, and keeps what was told of them.

    Args:
        connection: in a transaction.
        alert_ids: the alerts.
        changes: what is known of (alert_id, subscription_id) now; None is forgotten.
    """
    kept = [
        {"alert_id": key[0]} | {name: getattr(value, name) for name in _KNOWN}
        for key, value in changes.items()
        if value is not None
    ]
    gone = [key for key, value in changes.items() if value is None]
    await connection.execute(_KEEP, orjson.dumps(kept).decode(), alert_ids)
    if gone:
        await connection.execute(_FORGET, [key[0] for key in gone], [key[1] for key in gone])


async def held_alerts(connection: asyncpg.Connection) -> list[int]:
    """Returns the alerts of which somebody is not told only because of a silence or a shelf."""
    return [row[0] for row in await connection.fetch(_HELD)]


async def open_alerts(connection: asyncpg.Connection) -> list[Alert]:
    """Returns the alerts that are not cleared."""
    return [Alert(*row) for row in await connection.fetch(_OPEN)]
