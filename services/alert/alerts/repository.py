"""Alerts in PostgreSQL: lists by keyset, and changes under the alert's lock, over asyncpg's own connection."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.alert.alerts.domain import STATES, AlertFilter
from services.alert.alerts.service import Decide
from services.alert.alerts.verbs import Around
from services.alert.domain import ACKNOWLEDGED, CLEARED, SUSPECT, Alert
from services.alert.rows import AUDIT
from services.alert.writer import NAMES, Event, change_alerts, lock_alerts, raise_alerts
from services.common.access.domain import Scope
from services.common.access.sql import within_text
from services.common.database import Database
from services.common.paging import PageRequest
from services.heat.levels import LEVELS, severity
from services.heat.quality import GOOD

ALERT = "alert"
COLUMNS = ", ".join(f"a.{name}" for name in NAMES)
_OPEN = f"a.state <> '{CLEARED}'"
_ORDER = "ORDER BY alert_time DESC, alert_id DESC"
_GET = f"SELECT {COLUMNS} FROM alert.alert a WHERE alert_id = $1"  # noqa: S608  our own names, here and below
_OF_KEY = f"SELECT {COLUMNS} FROM alert.alert a WHERE idempotency_key = $1"  # noqa: S608
_LIST = f"SELECT {COLUMNS} FROM alert.alert a WHERE {{conditions}} {_ORDER} LIMIT {{most}}"  # noqa: S608
# Two ranges of which each is the beginning of an index; one condition with OR would be neither.
_SINCE = f"SELECT * FROM (({{recent}}) UNION ALL ({{earlier}})) t {_ORDER} LIMIT {{limit}} OFFSET {{skip}}"  # noqa: S608
# A sensor's state says that it is silent, and what its last reading was worth, whether alerts tell of it or not.
_AROUND = f"""
SELECT EXISTS (SELECT FROM alert.alert_event WHERE alert_id = $1 AND event_type = '{ACKNOWLEDGED}' AND actor = $3),
    EXISTS (SELECT FROM alert.sensor_state
            WHERE sensor_id = $2 AND (quality <> {GOOD} OR (machines ->> 'is_silent')::boolean))
    OR EXISTS (SELECT FROM alert.alert a WHERE sensor_id = $2 AND alert_type = '{SUSPECT}' AND {_OPEN})
"""  # noqa: S608


class SqlAlerts:
    """Satisfies AlertStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, request: PageRequest, wanted: AlertFilter, scope: Scope) -> Sequence[Alert]:
        """Returns up to one alert more than the limit."""
        values: list[object] = []
        conditions = [*_conditions(wanted, values), *_own(scope, values), *_after(request, values), "true"]
        statement = _list(conditions, f"{request.limit + 1} OFFSET {request.skip}")
        return await self._read(statement, values)

    async def list_since(self, request: PageRequest, since: datetime, scope: Scope) -> Sequence[Alert]:
        """Returns up to one more than the limit of the alerts since a moment, and of those that are open."""
        values: list[object] = [since]
        after = [*_own(scope, values), *_after(request, values)]
        most = str(request.limit + 1 + request.skip)
        recent = _list(["a.alert_time >= $1", *after], most)
        earlier = _list(["a.alert_time < $1", _OPEN, *after], most)
        statement = _SINCE.format(recent=recent, earlier=earlier, limit=request.limit + 1, skip=request.skip)
        return await self._read(statement, values)

    async def get(self, alert_id: int) -> Alert | None:
        """Returns one alert, or None."""
        return await self._first(_GET, alert_id)

    async def of_key(self, idempotency_key: str) -> Alert | None:
        """Returns the alert that was raised with a key, or None."""
        return await self._first(_OF_KEY, idempotency_key)

    async def add(self, row: Mapping[str, Any], actor: str | None) -> Alert | None:
        """Raises an alert; None if its key was used meanwhile."""
        try:
            async with self._database.driver() as connection:
                (alert,) = await raise_alerts(connection, [row], actor=actor)
                await _record(connection, None, alert, claimed=actor)
                return alert
        except asyncpg.UniqueViolationError:
            return None

    async def change(self, alert_id: int, actor: str, now: datetime, decide: Decide) -> Alert | None:
        """Changes one alert under its lock, if `decide` says so; None if it does not exist."""
        async with self._database.driver() as connection:
            for alert in await lock_alerts(connection, [alert_id]):
                around = await connection.fetchrow(_AROUND, alert_id, alert.sensor_id, actor)
                change = decide(alert, Around(*around))
                if change is None:
                    return alert
                event = Event(alert_id, change.event_type, now, actor=actor, note=change.note)
                changes = [{"alert_id": alert_id, **change.fields}] if change.fields else []
                await change_alerts(connection, list(change.fields), changes, [event])
                changed = Alert(*await connection.fetchrow(_GET, alert_id))
                more = {"claimed": actor, "action": change.event_type, "note": change.note}
                await _record(connection, alert, changed, **more)
                return changed
        return None

    async def _read(self, statement: str, values: Sequence[object]) -> Sequence[Alert]:
        async with self._database.driver() as connection:
            return [Alert(*row) for row in await connection.fetch(statement, *values)]

    async def _first(self, statement: str, value: object) -> Alert | None:
        return next(iter(await self._read(statement, [value])), None)


async def _record(connection: asyncpg.Connection, before: Alert | None, after: Alert, **more: str | None) -> None:
    """Records what somebody did, beside the event that tells it: the trail says who called, the story who did it."""
    where = {"plant": after.plant, "factory": after.factory}
    await AUDIT.record(connection, ALERT, after.alert_id, before, after, **where, **more)


def _list(conditions: Sequence[str], most: str) -> str:
    return _LIST.format(conditions=" AND ".join(conditions), most=most)


def _conditions(wanted: AlertFilter, values: list[object]) -> Iterator[str]:
    """Yields what must hold, and adds the values that it names by their number."""
    if wanted.state is not None:
        # As constants, or the planner would not know that the index of open alerts is enough.
        states = ", ".join(f"'{state}'" for state in STATES[wanted.state])
        yield _OPEN if wanted.state == "open" else f"a.state IN ({states})"
    if wanted.acknowledged is not None:
        yield f"a.acknowledge_time IS {'NOT ' if wanted.acknowledged else ''}NULL"
    compared = [(f"a.{name} =", getattr(wanted, name)) for name in ("alert_type", "sensor_id", "loc_id", "factory")]
    compared += [("a.alert_time >=", wanted.start_time), ("a.alert_time <", wanted.end_time)]
    for left, value in compared:
        if value is not None:
            values.append(value)
            yield f"{left} ${len(values)}"
    if wanted.level is not None:
        values.append(list(LEVELS[severity(wanted.level) :]))
        yield f"a.alert_level = ANY(${len(values)})"


def _own(scope: Scope, values: list[object]) -> Sequence[str]:
    condition, parameters = within_text(scope, "a.plant", "a.factory", len(values) + 1)
    values += parameters
    return [condition]


def _after(request: PageRequest, values: list[object]) -> Sequence[str]:
    if request.after is None:
        return []
    values += request.after
    return [f"(a.alert_time, a.alert_id) < (${len(values) - 1}, ${len(values)})"]
