"""The use case of the export: part by part, so that what waits in memory has a bound, whatever the range."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from services.aggregation.query.domain import AskedRange, Entry, Period, Range
from services.aggregation.query.metrics import ALL, Metric, columns_of
from services.aggregation.query.rows import Rows
from services.aggregation.query.service import Condition, Rollups, checked
from services.aggregation.query.whereabouts import Whereabouts
from services.common.access.domain import Scope
from services.common.csv_rows import BOM
from services.directory.domain import PlaceFilter

PART_ROWS = 5_000
_UNLIMITED = 10 * PART_ROWS  # more than a part ever has


class Table(Protocol):
    """Writes lines of a table."""

    def heading(self, metrics: Sequence[Metric]) -> bytes: ...  # noqa: D102
    def lines(  # noqa: D102
        self, entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], zone: ZoneInfo
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Export:
    """A file: what it is called, what it cannot rely on, and its parts."""

    name: str
    notes: Sequence[str]
    parts: AsyncGenerator[bytes, None]


class ExportUseCases:
    """What can be exported."""

    def __init__(self, rollups: Rollups, whereabouts: Whereabouts, condition: Condition, table: Table) -> None:
        self._rollups = rollups
        self._whereabouts = whereabouts
        self._condition = condition
        self._table = table

    async def export(
        self, asked: AskedRange, names: Sequence[str], where: PlaceFilter, scope: Scope, *, bom: bool
    ) -> Export:
        """Returns what was measured at each place that the caller may see and where everything that is set fits.

        Raises:
            InvalidInputError: what is asked for is wrong.
            NotFoundError: there never was such a place.
        """
        wanted, metrics = checked(asked, names, ALL, is_limited=False)
        loc_ids = await self._whereabouts.choose(where, scope)
        head = (BOM if bom else b"") + self._table.heading(metrics)
        name = f"aggregation-{asked.start_date}-{asked.end_date or asked.start_date}.csv"
        return Export(name, self._condition.notes(), self._parts(head, wanted, metrics, loc_ids))

    async def _parts(
        self, head: bytes, wanted: Range, metrics: Sequence[Metric], loc_ids: Sequence[str]
    ) -> AsyncGenerator[bytes, None]:
        yield head
        calendar = await self._condition.calendar()
        columns = [*columns_of(metrics), "first_time", "last_time"]
        for some, part in _divided(loc_ids, wanted):
            rows = await self._rollups.rows(part, calendar, columns, loc_ids=some, by_place=True, most=_UNLIMITED)
            if len(rows):
                entries = self._whereabouts.entries(rows.loc_ids)
                yield await asyncio.to_thread(self._table.lines, entries, rows, part, metrics, calendar.zone)


def _divided(loc_ids: Sequence[str], wanted: Range) -> Iterator[tuple[Sequence[str], Range]]:
    """Yields places and ranges of at most a part's rows: many places at once, or the pieces of one after the other."""
    days = (wanted.last - wanted.first).days + 1
    rows = {Period.HOUR: days * 24, Period.DAY: days, Period.MONTH: days // 28 + 1}[wanted.period]
    together = max(PART_ROWS // rows, 1)
    for begin in range(0, len(loc_ids), together):
        for piece in _pieces(wanted) if together == 1 else [wanted]:
            yield loc_ids[begin : begin + together], piece


def _pieces(wanted: Range) -> Iterator[Range]:
    """Yields the range in pieces; a night that begins on the last day of one is whole in it, and in no other."""
    if wanted.period is not Period.HOUR:
        yield wanted
        return
    step = timedelta(days=PART_ROWS // 24)
    first = wanted.first
    while first <= wanted.last:
        last = min(first + step - timedelta(days=1), wanted.last)
        yield replace(wanted, first=first, last=last)
        first = last + timedelta(days=1)
