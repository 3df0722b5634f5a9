"""Reads the history in PostgreSQL, over asyncpg's own connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from services.alert_history.domain import Alert, Kind
from services.alert_history.kinds import Kinds
from services.alert_history.query.domain import EventFilter
from services.alert_history.query.rows import Rows, Story
from services.alert_history.query.statistics import Group, Statistics, WantedStatistics
from services.alert_history.tables import ALERT_COLUMNS, EVENT_COLUMNS
from services.common.database import Database
from services.common.paging import Key, PageRequest
from services.heat.levels import LEVELS

# As Rows has them. A whole number is read in a fraction of the time that a moment takes, and is as exact.
_READ = {"uuid": "{}::text", "timestamptz": "(extract(epoch FROM {}) * 1000000)::int8"}
_COLUMNS = ", ".join(_READ.get(kind, "{}").format(name) for name, kind in EVENT_COLUMNS.items())
_SELECT = f"SELECT {_COLUMNS} FROM alert_history.event e"  # noqa: S608  our own names
# Of each kind no more keys are read than are wanted, from its index, and only the events that come first of all are
# looked up. Left to itself, PostgreSQL may walk through millions of events for a few of a rare kind.
_OF_KINDS = f"""
SELECT found.* FROM (
    SELECT e.* FROM alert_history.kind k CROSS JOIN LATERAL (
        SELECT event_time, alert_id, event_seq FROM alert_history.event e{{where}} ORDER BY {{order}} LIMIT {{most}}
    ) e WHERE {{fits}} ORDER BY {{order}} {{part}}
) e CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM alert_history.event x
    WHERE (x.event_time, x.alert_id, x.event_seq) = (e.event_time, e.alert_id, e.event_seq) LIMIT 1
) found ORDER BY {{order}}
"""  # noqa: S608  our own names
_ALERT = f"SELECT {', '.join(ALERT_COLUMNS)} FROM alert_history.alert WHERE alert_id = $1"  # noqa: S608
_STORY = f"{_SELECT} WHERE alert_id = $1 AND event_time BETWEEN $2 AND $3 AND event_seq <= $4 ORDER BY event_seq"
_KEY = ("event_time", "alert_id", "event_seq")
_EQUAL = ("alert_id", "sensor_id", "loc_id", "factory")
_KIND_AT = list(EVENT_COLUMNS).index("kind_id")
_GROUPS = {
    Group.LOCATION: "loc_id",
    Group.LEVEL: "highest_level",
    Group.DAY: "(raise_time AT TIME ZONE $3)::date",
    Group.TYPE: "alert_type",
}
# A sensor's clock may be ahead of the people's. And greatest() passes over NULL, so it must not meet one.
_TOOK = "{how}(greatest(extract(epoch FROM {time} - raise_time)::float8, 0)) FILTER (WHERE {time} IS NOT NULL)"
_TIMES = ", ".join(
    _TOOK.format(how=how, time=f"{what}_time")
    for how, what in (("avg", "acknowledge"), ("avg", "clear"), ("max", "clear"))
)


@dataclass(slots=True)
class _Conditions:
    """Conditions with their arguments; a `{}` stands for the number of the next argument."""

    words: list[str] = field(default_factory=list)
    arguments: list[object] = field(default_factory=list)

    def add(self, condition: str, *arguments: object) -> None:
        self.words.append(condition.format(*map(self.argument, arguments)))

    def argument(self, value: object) -> str:
        """Returns what stands for a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def __str__(self) -> str:
        return f" WHERE {' AND '.join(self.words)}" if self.words else ""


class SqlHistory:
    """Satisfies EventReader."""

    def __init__(self, database: Database, kinds: Kinds) -> None:
        self._database = database
        self._kinds = kinds

    async def page(self, request: PageRequest, wanted: EventFilter) -> Rows:
        """Returns up to one event more than the limit, the latest first."""
        return await self._read(wanted, request.after, "DESC", request.limit + 1, request.skip)

    async def part(self, wanted: EventFilter, after: Key | None, limit: int) -> Rows:
        """Returns the next events after a key, the earliest first."""
        return await self._read(wanted, after, "ASC", limit, 0)

    async def _read(self, wanted: EventFilter, after: Key | None, way: str, limit: int, skip: int) -> Rows:
        order = ", ".join(f"e.{name} {way}" for name in _KEY)
        part = f"LIMIT {limit} OFFSET {skip}"
        where = _conditions(wanted, after, way)
        words = {name: value for name in Kind._fields if (value := getattr(wanted, name)) is not None}
        async with self._database.reader() as connection:
            if words and any(getattr(wanted, name) is not None for name in _EQUAL):
                return await self._of_some_kinds(connection, where, words, f"ORDER BY {order} {part}")
            if words:
                where.add("e.kind_id = k.kind_id")
                fits = " AND ".join(f"k.{name} = {where.argument(value)}" for name, value in words.items())
                query = _OF_KINDS.format(where=where, fits=fits, order=order, most=limit + skip, part=part)
            else:
                query = f"{_SELECT}{where} ORDER BY {order} {part}"
            return await self._rows(connection, await connection.fetch(query, *where.arguments))

    async def _of_some_kinds(
        self, connection: asyncpg.Connection, where: _Conditions, words: Mapping[str, str], rest: str
    ) -> Rows:
        """Returns the events of a sensor or the like that are of some kinds."""
        kind_ids = await self._kinds.fitting(connection, words)
        # One kind alone is in the order of time in its index.
        one = len(kind_ids) == 1
        where.add("kind_id = {}" if one else "kind_id = ANY({}::int2[])", kind_ids[0] if one else kind_ids)
        # Whether to walk through time or to sort what fits depends on the very values, which a kept plan is blind to: a
        # statement without a name is planned for them.
        statement = await connection.prepare(f"{_SELECT}{where} {rest}", name="")
        return await self._rows(connection, await statement.fetch(*where.arguments))

    async def story(self, alert_id: int) -> Story | None:
        """Returns an alert with its events, or None."""
        async with self._database.reader() as connection:
            row = await connection.fetchrow(_ALERT, alert_id)
            if row is None:
                return None
            alert = Alert(*row)
            bounds = (alert.first_event_time, alert.last_event_time, alert.last_event_seq)
            rows = await connection.fetch(_STORY, alert_id, *bounds)
            return Story(alert, await self._rows(connection, rows))

    async def statistics(self, wanted: WantedStatistics, zone: str, most: int) -> Sequence[Statistics]:
        """Returns up to `most` rows, by the groups in their order; levels from the lowest to the highest."""
        where = _Conditions()
        where.add("raise_time >= {} AND raise_time < {}", wanted.start, wanted.end)
        where.add("{}::text IS NOT NULL", zone)
        for name in ("factory", "loc_id", "alert_type"):
            if getattr(wanted, name) is not None:
                where.add(f"{name} = {{}}", getattr(wanted, name))
        columns = [_GROUPS[group] if group in wanted.groups else "NULL" for group in Group]
        groups = ", ".join(_GROUPS[group] for group in wanted.groups)
        order = groups.replace("highest_level", f"array_position(ARRAY{list(LEVELS)}, highest_level)")
        statement = f"""
            SELECT {", ".join(columns)}, count(*)::int, count(acknowledge_time)::int, count(clear_time)::int,
                {_TIMES}
            FROM alert_history.alert{where} {f"GROUP BY {groups} ORDER BY {order}" if groups else "HAVING count(*) > 0"}
            LIMIT {most}
        """  # noqa: S608  our own words
        async with self._database.reader() as connection:
            return [Statistics(*row) for row in await connection.fetch(statement, *where.arguments)]

    async def _rows(self, connection: asyncpg.Connection, records: Sequence[asyncpg.Record]) -> Rows:
        columns: list[Sequence[Any]] = list(zip(*records, strict=True)) or [()] * len(EVENT_COLUMNS)
        kinds = await self._kinds.of(connection, columns[_KIND_AT])
        columns[_KIND_AT] = [kinds[kind_id] for kind_id in columns[_KIND_AT]]
        return Rows(*columns)


def _conditions(wanted: EventFilter, after: Key | None, order: str) -> _Conditions:
    where = _Conditions()
    if wanted.start_time is not None:
        where.add("event_time >= {}", wanted.start_time)
    if wanted.end_time is not None:
        where.add("event_time < {}", wanted.end_time)
    for name in _EQUAL:
        if getattr(wanted, name) is not None:
            where.add(f"{name} = {{}}", getattr(wanted, name))
    if after is not None:
        sign = "<" if order == "DESC" else ">"
        # The first test is in the second, too, but partitions are left alone by it alone.
        where.add(f"event_time {sign}= {{}}", after[0])
        where.add(f"({', '.join(_KEY)}) {sign} ({{}}, {{}}, {{}})", *after)
    return where
