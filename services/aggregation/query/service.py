"""The use cases of what was measured: at each place, at one, or at many together."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from services.aggregation.calendar import SiteCalendar
from services.aggregation.query.domain import AskedRange, Entry, Range, check, parse_range
from services.aggregation.query.metrics import USUAL, Metric, columns_of, parse
from services.aggregation.query.rows import Rows
from services.aggregation.query.whereabouts import Whereabouts
from services.common.access.domain import Scope
from services.common.errors import Violation, invalid
from services.directory.domain import PlaceFilter

# As JSON these are some 50 MB, and a message between services has at most 64 MiB.
MOST_ROWS = 150_000
# To serialise more rows than these takes long enough for others to notice.
MANY_ROWS = 10_000


class Rollups(Protocol):
    """Rows of rollups."""

    async def rows(
        self,
        wanted: Range,
        calendar: SiteCalendar,
        columns: Sequence[str],
        *,
        loc_ids: Sequence[str] | None,
        by_place: bool,
        most: int,
    ) -> Rows: ...


class Condition(Protocol):
    """In which zone the rollups are kept, and what cannot be relied upon."""

    async def calendar(self) -> SiteCalendar: ...
    def notes(self) -> Sequence[str]: ...


class Wire(Protocol):
    """Serialises answers."""

    def aggregation(
        self, entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], degraded: Sequence[str]
    ) -> bytes: ...


class QueryUseCases:
    """What can be asked of the rollups, of the places that a caller may see.

    Each answer is an Aggregation; what is wrong raises InvalidInputError.
    """

    def __init__(self, rollups: Rollups, whereabouts: Whereabouts, condition: Condition, wire: Wire) -> None:
        self._rollups = rollups
        self._whereabouts = whereabouts
        self._condition = condition
        self._wire = wire

    async def at_places(self, asked: AskedRange, names: Sequence[str], scope: Scope) -> bytes:
        """Returns an entry for each place that has readings in the range."""
        wanted, metrics = checked(asked, names, USUAL)
        rows = await self._read(wanted, metrics, self._whereabouts.own(scope), by_place=True)
        return await self._answer(self._whereabouts.entries(rows.loc_ids), rows, wanted, metrics)

    async def at_place(self, loc_id: str, asked: AskedRange, names: Sequence[str], scope: Scope) -> bytes:
        """Returns an entry of one place; one that never was is NotFoundError."""
        wanted, metrics = checked(asked, names, USUAL)
        await self._whereabouts.require(loc_id, scope)
        rows = await self._read(wanted, metrics, [loc_id], by_place=True)
        return await self._answer(self._whereabouts.entries([loc_id]), rows, wanted, metrics)

    async def together(self, where: PlaceFilter, asked: AskedRange, names: Sequence[str], scope: Scope) -> bytes:
        """Returns one entry of all sensors of a factory, building or floor; one that never was is NotFoundError."""
        wanted, metrics = checked(asked, names, USUAL)
        entry, loc_ids = self._whereabouts.together(where, scope)
        rows = await self._read(wanted, metrics, loc_ids, by_place=False)
        return await self._answer([entry], rows, wanted, metrics)

    async def _read(
        self, wanted: Range, metrics: Sequence[Metric], loc_ids: Sequence[str] | None, *, by_place: bool
    ) -> Rows:
        calendar = await self._condition.calendar()
        columns = columns_of(metrics)
        rows = await self._rollups.rows(wanted, calendar, columns, loc_ids=loc_ids, by_place=by_place, most=MOST_ROWS)
        if len(rows) > MOST_ROWS:
            words = f"makes more than {MOST_ROWS:,} rows; give a shorter range, or name one place, or take the export"
            raise invalid("end_date", words)
        return rows

    async def _answer(self, entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric]) -> bytes:
        # An empty answer has no entry.
        own = entries if len(rows) else []
        make, notes = self._wire.aggregation, self._condition.notes()
        if len(rows) < MANY_ROWS:
            return make(own, rows, wanted, metrics, notes)
        return await asyncio.to_thread(make, own, rows, wanted, metrics, notes)


def checked(
    asked: AskedRange, names: Sequence[str], default: Sequence[Metric], *, is_limited: bool = True
) -> tuple[Range, Sequence[Metric]]:
    """Returns the range and the metrics that are asked for, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    wanted = parse_range(asked, bad, is_limited=is_limited)
    metrics = parse(names, default, bad)
    return check(wanted, bad), metrics
