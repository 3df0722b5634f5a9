"""Writes alerts and what happens to them, over asyncpg's own connection in the caller's transaction.

Every change of an alert is written here, with its event: what asks for notifications and what goes into the history.
Whoever locks several rows does it in the order that the README gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from services.alert.domain import RAISED, Alert
from services.common.telemetry.tracing import traceparent

CHANNEL = "alert_event"

NAMES = tuple(field.name for field in fields(Alert))
_ALL = ", ".join(f"a.{name}" for name in NAMES)
# Given by the database, or raised with each event.
_GIVEN = ("alert_id", "event_seq", "update_time")
_NEW = (*(name for name in NAMES if name not in _GIVEN), "idempotency_key")

# Events are followed by others who number things by them, so the transaction that adds some is on disk before they see
# any of it, whatever its caller chose.
_WAKE = f"SELECT pg_notify('{CHANNEL}', ''), set_config('synchronous_commit', 'on', true)"
_COPIED = "alert_type, sensor_id, loc_id, threshold_type, plant, factory, building, floor, area"
_RAISE = f"""
WITH raised AS (
    INSERT INTO alert.alert ({", ".join(_NEW)}, event_seq, update_time)
    SELECT {", ".join(_NEW)}, 1, clock_timestamp() FROM jsonb_populate_recordset(NULL::alert.alert, $1) RETURNING *
), added AS (
    INSERT INTO alert.alert_event (alert_id, event_seq, event_time, event_type, state, level, measured_value, actor,
                                   note, traceparent, {_COPIED})
    SELECT alert_id, 1, alert_time, '{RAISED}', state, alert_level, measured_value, $2, message, traceparent, {_COPIED}
    FROM (SELECT *, row_number() OVER (ORDER BY alert_id) AS n FROM raised) r
    LEFT JOIN unnest($3::text[]) WITH ORDINALITY AS t(traceparent, n) USING (n)
), woken AS MATERIALIZED ({_WAKE})
SELECT {_ALL} FROM raised a CROSS JOIN woken ORDER BY alert_id
"""  # noqa: S608  our own names
_LOCK = f"SELECT {_ALL} FROM alert.alert a WHERE alert_id = ANY($1) ORDER BY alert_id FOR UPDATE"  # noqa: S608
_CHANGE = """
UPDATE alert.alert a SET {changes}, update_time = clock_timestamp()
FROM jsonb_populate_recordset(NULL::alert.alert, $1) AS t
WHERE a.alert_id = t.alert_id
"""
_NOTE = """
UPDATE alert.alert a SET (measured_value, peak_value, suspect, rule_revision, update_time) = (
    coalesce(t.measured, a.measured_value), t.peak, t.suspect, $5,
    CASE WHEN (a.measured_value, a.peak_value, a.suspect, a.rule_revision)
        IS DISTINCT FROM (coalesce(t.measured, a.measured_value), t.peak, t.suspect, $5)
        THEN clock_timestamp() ELSE a.update_time END)
FROM unnest($1::int4[], $2::float8[], $3::float8[], $4::bool[]) AS t(alert_id, measured, peak, suspect)
WHERE a.alert_id = t.alert_id
"""
_ADD_EVENTS = f"""
WITH sent AS (
    SELECT *, row_number() OVER (PARTITION BY alert_id ORDER BY n) AS k, count(*) OVER (PARTITION BY alert_id) AS total
    FROM jsonb_to_recordset($1) AS t(n int, alert_id int, event_type text, event_time timestamptz,
                                     measured_value float8, actor text, note text, state text, level text,
                                     traceparent text)
), bumped AS (
    UPDATE alert.alert a SET event_seq = a.event_seq + s.total, update_time = clock_timestamp()
    FROM (SELECT DISTINCT alert_id, total FROM sent) s WHERE a.alert_id = s.alert_id RETURNING a.*
), added AS (
    INSERT INTO alert.alert_event (alert_id, event_seq, event_time, event_type, state, level, alert_type, sensor_id,
                                   loc_id, threshold_type, measured_value, actor, note, plant, factory, building, floor,
                                   area, planned, traceparent)
    SELECT b.alert_id, b.event_seq - s.total + s.k, s.event_time, s.event_type, coalesce(s.state, b.state),
        coalesce(s.level, b.alert_level), b.alert_type, b.sensor_id, b.loc_id, b.threshold_type, s.measured_value,
        s.actor, s.note, b.plant, b.factory, b.building, b.floor, b.area, $2,
        nullif(s.traceparent, '')
    FROM sent s JOIN bumped b USING (alert_id) ORDER BY b.alert_id, s.k
)
{_WAKE}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an alert. Without a state and level of its own it has those that the alert has then.

    Attributes:
        event_time: when it happened; what a reading caused happened when the reading was measured.
        actor: the person or program that did it; None where a reading did.
        note: a person's words, or the reason.
        traceparent: the trace that it belongs to; that in which it is made, unless another one is given.
    """

    alert_id: int
    event_type: str
    event_time: datetime
    measured_value: float | None = None
    actor: str | None = None
    note: str | None = None
    state: str | None = None
    level: str | None = None
    traceparent: str = field(default_factory=traceparent)


async def raise_alerts(
    connection: asyncpg.Connection,
    new: Sequence[Mapping[str, Any]],
    *,
    actor: str | None = None,
    traces: Sequence[str] | None = None,
) -> list[Alert]:
    """Stores new alerts, given by the fields of Alert but for those that the database gives; each with its event.

    `traces` has the traceparent of each event; without them all belong to the trace in which this is done.
    A second open alert of one danger is a UniqueViolationError of asyncpg: it cannot come into being.
    """
    rows = [{"silenced": False, "suspect": False, "rule_revision": 0, "quiet": False} | dict(row) for row in new]
    return [Alert(*row) for row in await connection.fetch(_RAISE, _json(rows), actor, _traces(traces, len(rows)))]


async def lock_alerts(connection: asyncpg.Connection, alert_ids: Sequence[int]) -> list[Alert]:
    """Returns alerts by ascending id, and keeps everybody else from changing them until the transaction ends."""
    return [Alert(*row) for row in await connection.fetch(_LOCK, alert_ids)]


async def change_alerts(
    connection: asyncpg.Connection,
    names: Sequence[str],
    changes: Sequence[Mapping[str, Any]],
    events: Sequence[Event] = (),
) -> None:
    """Changes the named fields of alerts that the transaction has locked, and adds events.

    Args:
        connection: in a transaction.
        names: the fields that every one of `changes` gives, beside its alert_id.
        changes: one for each alert.
        events: what happened, in order.
    """
    if changes:
        assignments = ", ".join(f"{name} = t.{name}" for name in names)
        await connection.execute(_CHANGE.format(changes=assignments), _json(changes))
    await add_events(connection, events)


async def note_values(
    connection: asyncpg.Connection, values: Sequence[tuple[int, float | None, float | None, bool]], rule_revision: int
) -> None:
    """Notes what readings change of alerts that the transaction has locked, without an event: there are many of them.

    Nobody is woken either: whoever shows alerts looks about once a second for what `update_time` says is new.

    Args:
        connection: in a transaction.
        values: the alert_id, the value measured last or None where it stays, the worst one, and whether the last cannot
            be trusted.
        rule_revision: that of the rules by which they were judged.
    """
    if values:
        await connection.execute(_NOTE, *map(list, zip(*values, strict=True)), rule_revision)


async def add_events(connection: asyncpg.Connection, events: Sequence[Event], *, planned: bool = False) -> None:
    """Adds events to alerts, in their order, and wakes whoever follows them.

    Of events that are `planned` nobody is to be told.
    """
    if events:
        rows = [{"n": n} | {f.name: getattr(event, f.name) for f in fields(Event)} for n, event in enumerate(events)]
        await connection.execute(_ADD_EVENTS, _json(rows), planned)


def _traces(traces: Sequence[str] | None, count: int) -> list[str | None]:
    return [trace or None for trace in ([traceparent()] * count if traces is None else traces)]


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps([dict(row) for row in rows]).decode()
