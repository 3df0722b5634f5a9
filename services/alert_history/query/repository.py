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
from services.common.access.domain import Scope
from services.common.access.sql import within_text
from services.common.database import Database
from services.common.paging import Key, PageRequest
from services.heat.levels import LEVELS

# As Rows has them. A whole number is read in a fraction of the time that a moment takes, and is as exact.
_READ = {"uuid": "{}::text", "timestamptz": "(extract(epoch FROM {}) * 1000000)::int8"}
_COLUMNS = ", ".join(_READ.get(kind, "{}").format(name) for name, kind in EVENT_COLUMNS.items())
_SELECT = f"SELECT {_COLUMNS} FROM alert_history.event e"  # noqa: S608  our own names
# What many events are is found among the first ones.
_NEAR = f"""
SELECT {_COLUMNS} FROM (SELECT * FROM alert_history.event e{{where}} {{order}} LIMIT {{near}}) e
WHERE kind_id = ANY(ARRAY(SELECT kind_id FROM alert_history.kind k WHERE {{fits}})) {{part}}
"""  # noqa: S608  our own names
# Of each kind no more keys are read than are wanted, from its index, and only the events that come first of all are
# looked up. Left to itself, PostgreSQL may walk through millions of events for a few of a rare kind.
_OF_KINDS = f"""
SELECT found.* FROM (
    SELECT e.* FROM alert_history.kind k CROSS JOIN LATERAL (
        SELECT event_time, alert_id, event_seq FROM alert_history.event e{{where}} {{order}} LIMIT {{most}}
    ) e WHERE {{fits}} {{part}}
) e CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM alert_history.event x
    WHERE (x.event_time, x.alert_id, x.event_seq) = (e.event_time, e.alert_id, e.event_seq) LIMIT 1
) found {{order}}
"""  # noqa: S608  our own names
_ALERT = f"SELECT {', '.join(ALERT_COLUMNS)} FROM alert_history.alert WHERE alert_id = $1"  # noqa: S608
_STORY = f"{_SELECT} WHERE alert_id = $1 AND event_time BETWEEN $2 AND $3 AND event_seq <= $4 ORDER BY event_seq"
# An alert has the plant that its events have.
_PLANT = """
(SELECT e.plant FROM alert_history.event e WHERE e.alert_id = alert.alert_id
 AND e.event_time BETWEEN alert.first_event_time AND alert.last_event_time LIMIT 1)
"""
_KEY = ("event_time", "alert_id", "event_seq")
_EQUAL = ("alert_id", "sensor_id", "loc_id", "factory")
# How many events are looked through for one that is wanted, before the kinds' indexes are.
_NEAR_TIMES = 4
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

    def within(self, scope: Scope, plant: str) -> None:
        """Adds the condition that somebody may see the factory; `plant` is SQL."""
        if not scope.is_everything:
            condition, arguments = within_text(scope, plant, "factory", len(self.arguments) + 1)
            self.words.append(condition)
            self.arguments += arguments

    def __str__(self) -> str:
        return f" WHERE {' AND '.join(self.words)}" if self.words else ""


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a list is read: so many events, from its end or its beginning on."""

    way: str
    limit: int
    skip: int = 0

    @property
    def order(self) -> str:
        return f"ORDER BY {', '.join(f'e.{name} {self.way}' for name in _KEY)}"

    def __str__(self) -> str:
        return f"{self.order} LIMIT {self.limit} OFFSET {self.skip}"


class SqlHistory:
    """Satisfies EventReader."""

    def __init__(self, database: Database, kinds: Kinds) -> None:
        self._database = database
        self._kinds = kinds

    async def page(self, request: PageRequest, wanted: EventFilter) -> Rows:
        """Returns up to one event more than the limit, the latest first."""
        return await self._read(wanted, request.after, _Part("DESC", request.limit + 1, request.skip))

    async def part(self, wanted: EventFilter, after: Key | None, limit: int) -> Rows:
        """Returns the next events after a key, the earliest first."""
        return await self._read(wanted, after, _Part("ASC", limit))

    async def _read(self, wanted: EventFilter, after: Key | None, part: _Part) -> Rows:
        where = _conditions(wanted, after, part.way)
        words = {name: value for name in Kind._fields if (value := getattr(wanted, name)) is not None}
        is_of_some = not wanted.scope.is_everything or any(getattr(wanted, name) is not None for name in _EQUAL)
        async with self._database.reader() as connection:
            if not words:
                records = await connection.fetch(f"{_SELECT}{where} {part}", *where.arguments)
            elif is_of_some:
                records = await _of_sensor_and_kinds(connection, where, words, part)
            else:
                records = await _of_kinds(connection, where, words, part)
            return await self._rows(connection, records)

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
        where.within(wanted.scope, _PLANT)
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


async def _of_kinds(
    connection: asyncpg.Connection, where: _Conditions, words: Mapping[str, str], part: _Part
) -> Sequence[asyncpg.Record]:
    """Returns the first events of some kinds."""
    fits = " AND ".join(f"k.{name} = {where.argument(value)}" for name, value in words.items())
    most = part.limit + part.skip
    near = _NEAR.format(where=where, fits=fits, order=part.order, near=_NEAR_TIMES * most, part=part)
    found: Sequence[asyncpg.Record] = await connection.fetch(near, *where.arguments)
    if len(found) < part.limit:
        where.add("e.kind_id = k.kind_id")
        query = _OF_KINDS.format(where=where, fits=fits, order=part.order, most=most, part=part)
        found = await connection.fetch(query, *where.arguments)
    return found


async def _of_sensor_and_kinds(
    connection: asyncpg.Connection, where: _Conditions, words: Mapping[str, str], part: _Part
) -> Sequence[asyncpg.Record]:
    """Returns the first events of a sensor, a place or a caller's factories that are of some kinds."""
    fits = _Conditions()
    for name, value in words.items():
        fits.add(f"{name} = {{}}", value)
    kinds = await connection.fetch(f"SELECT kind_id FROM alert_history.kind{fits}", *fits.arguments)  # noqa: S608
    kind_ids = [row["kind_id"] for row in kinds]
    # One kind alone is in the order of time in its index.
    one = len(kind_ids) == 1
    where.add("kind_id = {}" if one else "kind_id = ANY({}::int2[])", kind_ids[0] if one else kind_ids)
    # Whether to walk through time or to sort what fits depends on the very values, which a kept plan is blind to: a
    # statement without a name is planned for them.
    statement = await connection.prepare(f"{_SELECT}{where} {part}", name="")
    found: Sequence[asyncpg.Record] = await statement.fetch(*where.arguments)
    return found


def _conditions(wanted: EventFilter, after: Key | None, order: str) -> _Conditions:
    where = _Conditions()
    if wanted.start_time is not None:
        where.add("event_time >= {}", wanted.start_time)
    if wanted.end_time is not None:
        where.add("event_time < {}", wanted.end_time)
    for name in _EQUAL:
        if getattr(wanted, name) is not None:
            where.add(f"{name} = {{}}", getattr(wanted, name))
    where.within(wanted.scope, "plant")
    if after is not None:
        sign = "<" if order == "DESC" else ">"
        # The first test is in the second, too, but partitions are left alone by it alone.
        where.add(f"event_time {sign}= {{}}", after[0])
        where.add(f"({', '.join(_KEY)}) {sign} ({{}}, {{}}, {{}})", *after)
    return where
