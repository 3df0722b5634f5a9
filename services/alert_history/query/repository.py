"""Reads the history in PostgreSQL, over asyncpg's own connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from services.alert_history.domain import Alert, AlertEvent
from services.alert_history.kinds import Kinds
from services.alert_history.query.domain import EventFilter, Story
from services.alert_history.query.statistics import Group, Statistics, WantedStatistics
from services.alert_history.tables import ALERT_COLUMNS, EVENT_COLUMNS, event_of
from services.common.database import Database
from services.common.paging import Key, PageRequest
from services.heat.levels import LEVELS

_SELECT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM alert_history.event"  # noqa: S608  our own names
_ALERT = f"SELECT {', '.join(ALERT_COLUMNS)} FROM alert_history.alert WHERE alert_id = $1"  # noqa: S608
_STORY = f"{_SELECT} WHERE alert_id = $1 AND event_time BETWEEN $2 AND $3 AND event_seq <= $4 ORDER BY event_seq"
_KEY = ("event_time", "alert_id", "event_seq")
_EQUAL = ("alert_id", "sensor_id", "loc_id", "factory")
_OF_KIND = ("event_type", "state", "level", "alert_type")
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
        numbers = range(len(self.arguments) + 1, len(self.arguments) + len(arguments) + 1)
        self.words.append(condition.format(*(f"${number}" for number in numbers)))
        self.arguments += arguments

    def __str__(self) -> str:
        return f" WHERE {' AND '.join(self.words)}" if self.words else ""


class SqlHistory:
    """Satisfies EventReader."""

    def __init__(self, database: Database, kinds: Kinds) -> None:
        self._database = database
        self._kinds = kinds

    async def page(self, request: PageRequest, wanted: EventFilter) -> Sequence[AlertEvent]:
        """Returns up to one event more than the limit, the latest first."""
        return await self._read(wanted, request.after, "DESC", request.limit + 1, request.skip)

    async def part(self, wanted: EventFilter, after: Key | None, limit: int) -> Sequence[AlertEvent]:
        """Returns the next events after a key, the earliest first."""
        return await self._read(wanted, after, "ASC", limit, 0)

    async def _read(
        self, wanted: EventFilter, after: Key | None, order: str, limit: int, skip: int
    ) -> Sequence[AlertEvent]:
        by = ", ".join(f"{name} {order}" for name in _KEY)
        rest = f"ORDER BY {by} LIMIT {limit} OFFSET {skip}"
        where = _conditions(wanted, after, order)
        words = {name: value for name in _OF_KIND if (value := getattr(wanted, name)) is not None}
        if words:
            return await self._read_kinds(where, words, rest)
        async with self._database.reader() as connection:
            return await self._fetch(connection, where, rest)

    async def _read_kinds(self, where: _Conditions, words: Mapping[str, str], rest: str) -> Sequence[AlertEvent]:
        async with self._database.reader() as connection:
            kind_ids = await self._kinds.fitting(connection, words)
            if kind_ids is not None and not kind_ids:
                return []
            if kind_ids is not None:
                # One kind alone is in the order of time in its index.
                one = len(kind_ids) == 1
                where.add("kind_id = {}" if one else "kind_id = ANY({}::int2[])", kind_ids[0] if one else kind_ids)
            # Whether to walk through time or to sort what fits depends on the very values, which a kept plan is blind
            # to: a statement without a name is planned for them.
            statement = await connection.prepare(_query(where, rest), name="")
            return await self._events(connection, await statement.fetch(*where.arguments))

    async def _fetch(self, connection: asyncpg.Connection, where: _Conditions, rest: str) -> list[AlertEvent]:
        return await self._events(connection, await connection.fetch(_query(where, rest), *where.arguments))

    async def story(self, alert_id: int) -> Story | None:
        """Returns an alert with its events, or None."""
        async with self._database.reader() as connection:
            row = await connection.fetchrow(_ALERT, alert_id)
            if row is None:
                return None
            alert = Alert(*row)
            bounds = (alert.first_event_time, alert.last_event_time, alert.last_event_seq)
            rows = await connection.fetch(_STORY, alert_id, *bounds)
            return Story(alert, await self._events(connection, rows))

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

    async def _events(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[AlertEvent]:
        kinds = await self._kinds.of(connection, {row["kind_id"] for row in rows})
        return [event_of(row, kinds) for row in rows]


def _query(where: _Conditions, rest: str) -> str:
    return f"{_SELECT}{where} {rest}"


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
