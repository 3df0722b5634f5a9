"""Appends events in PostgreSQL, over asyncpg's own connection: a few statements, however many events."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

import asyncpg

from services.alert_history.append.domain import Appended, NoMonthError, Standing, appended
from services.alert_history.domain import EARLIEST, Alert, AlertEvent
from services.alert_history.kinds import Kinds
from services.alert_history.tables import ALERT_COLUMNS, EVENT_COLUMNS, arrays, row_of
from services.common.database import Database

# Locks the rows of alerts in one order, so that two who append wait for each other and never in a circle. One that is
# not here yet gets a row that nobody else sees: it is filled in before the transaction ends, or goes with it.
_LOCK = f"""
INSERT INTO alert_history.alert AS a ({", ".join(ALERT_COLUMNS)})
SELECT alert_id, 0, '', '', '', '', NULL, 'epoch', NULL, NULL, 'epoch', 'epoch'
FROM unnest($1::int4[]) AS t(alert_id) ORDER BY alert_id
ON CONFLICT (alert_id) DO UPDATE SET state = a.state WHERE false
"""  # noqa: S608  our own names
_ALERTS = f"SELECT {', '.join(ALERT_COLUMNS)} FROM alert_history.alert WHERE alert_id = ANY($1::int4[])"  # noqa: S608
_DROPPED_BEFORE = "SELECT dropped_before FROM alert_history.layout"
# By when those alerts' events happened, so that only a few partitions are looked into.
_STORED = """
SELECT alert_id, event_seq, event_id FROM unnest($1::int4[], $2::int4[]) AS t(alert_id, event_seq)
JOIN alert_history.event e USING (alert_id, event_seq) WHERE e.event_time BETWEEN $3 AND $4
"""
_INSERT = f"""
INSERT INTO alert_history.event ({", ".join(EVENT_COLUMNS)}) SELECT * FROM unnest({arrays(EVENT_COLUMNS)})
"""  # noqa: S608  our own names
_CHANGE = f"""
UPDATE alert_history.alert a SET {", ".join(f"{name} = t.{name}" for name in ALERT_COLUMNS if name != "alert_id")}
FROM unnest({arrays(ALERT_COLUMNS)}) AS t({", ".join(ALERT_COLUMNS)}) WHERE a.alert_id = t.alert_id
"""  # noqa: S608


class SqlEvents:
    """Satisfies EventStore."""

    def __init__(self, database: Database, kinds: Kinds) -> None:
        self._database = database
        self._kinds = kinds

    async def append(self, events: Sequence[AlertEvent], *, allow_gaps: bool) -> Appended:
        """Appends the events that are new, in one transaction, or raises what `appended` raises.

        Raises:
            NoMonthError: some are of a month that has no partition; nothing is stored.
        """
        kind_ids = await self._kinds.ids({event.kind for event in events})
        try:
            async with self._database.driver() as connection:
                result = appended(events, await _standing(connection, events), allow_gaps=allow_gaps)
                if result.events:
                    columns = zip(*(row_of(event, kind_ids[event.kind]) for event in result.events), strict=True)
                    await connection.execute(_INSERT, *columns)
                    await connection.execute(_CHANGE, *zip(*map(astuple, result.alerts), strict=True))
                return result
        except asyncpg.CheckViolationError as error:
            # Events have no constraint of that kind: it is the partition that is missing. The words are in whatever
            # language the server speaks.
            if error.constraint_name is not None:
                raise
            raise NoMonthError from error

    async def ensure_months(self, times: Sequence[datetime]) -> None:
        """Makes the partitions that hold these times."""
        days = sorted({moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in times})
        async with self._database.driver() as connection:
            await connection.execute("SELECT alert_history.ensure_months($1)", days)

    async def drop_before(self, moment: datetime) -> int:
        """Drops the months that end at or before a moment, if their year is over; returns how many."""
        async with self._database.driver() as connection:
            return int(await connection.fetchval("SELECT alert_history.drop_months($1)", moment))


async def _standing(connection: asyncpg.Connection, events: Sequence[AlertEvent]) -> Standing:
    alert_ids = sorted({event.alert_id for event in events})
    await connection.execute(_LOCK, alert_ids)
    # By a statement that begins when the locks are had.
    rows = [Alert(*row) for row in await connection.fetch(_ALERTS, alert_ids)]
    alerts = {alert.alert_id: alert for alert in rows if alert.last_event_seq}
    sent = [e for e in events if e.alert_id in alerts and e.event_seq <= alerts[e.alert_id].last_event_seq]
    if not sent:
        return Standing(alerts, {}, EARLIEST)
    with_sent = [alerts[event.alert_id] for event in sent]
    found = await connection.fetch(
        _STORED,
        [event.alert_id for event in sent],
        [event.event_seq for event in sent],
        min(alert.first_event_time for alert in with_sent),
        max(alert.last_event_time for alert in with_sent),
    )
    stored = {(alert_id, seq): event_id for alert_id, seq, event_id in found}
    return Standing(alerts, stored, await connection.fetchval(_DROPPED_BEFORE))
