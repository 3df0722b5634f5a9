"""The use cases of what was measured: at each place, at one, or at many together."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from services.aggregation.calendar import SiteCalendar
from services.aggregation.query.domain import AskedRange, Entry, Range, check, parse_range
from services.aggregation.query.metrics import USUAL, Metric, columns_of, parse
from services.aggregation.query.rows import Rows
from services.common.errors import NotFoundError, UnavailableError, Violation, invalid
from services.directory.domain import SENSOR_ID, Place, PlaceFilter

MOST_ROWS = 250_000
# To serialise more rows than these takes long enough for others to notice.
MANY_ROWS = 10_000

_LIST = "GET /api/v1/locations/ lists them"


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
    async def is_measured(self, loc_id: str) -> bool: ...


class Places(Protocol):
    """The places that ever were."""

    @property
    def are_known(self) -> bool: ...
    @property
    def all(self) -> Mapping[str, Place]: ...
    def fitting(self, wanted: PlaceFilter) -> Sequence[Place]: ...


class Condition(Protocol):
    """In which zone the rollups are kept, and what cannot be relied upon."""

    async def calendar(self) -> SiteCalendar: ...
    def notes(self) -> Sequence[str]: ...


class Directory(Protocol):
    """The directory, as far as answers say how old it is."""

    @property
    def degraded(self) -> str | None: ...


class Wire(Protocol):
    """Serialises answers."""

    def aggregation(
        self, entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], degraded: Sequence[str]
    ) -> bytes: ...


class QueryUseCases:
    """What can be asked of the rollups."""

    def __init__(
        self, rollups: Rollups, places: Places, condition: Condition, directory: Directory, wire: Wire
    ) -> None:
        self._rollups = rollups
        self._places = places
        self._condition = condition
        self._directory = directory
        self._wire = wire

    async def at_places(self, asked: AskedRange, names: Sequence[str]) -> bytes:
        """Returns an Aggregation with an entry for each place that has readings in the range."""
        wanted, metrics = checked(asked, names, USUAL)
        rows = await self._read(wanted, metrics, None, by_place=True)
        places = self._places.all
        entries = [_entry(loc_id, places.get(loc_id)) for loc_id in rows.loc_ids]
        return await self._answer(entries, rows, wanted, metrics)

    async def at_place(self, loc_id: str, asked: AskedRange, names: Sequence[str]) -> bytes:
        """Returns an Aggregation of one place.

        Raises:
            NotFoundError: there never was such a place.
        """
        wanted, metrics = checked(asked, names, USUAL)
        if not SENSOR_ID.fullmatch(loc_id):
            raise _no_place(PlaceFilter(loc_id=loc_id))
        rows = await self._read(wanted, metrics, [loc_id], by_place=True)
        place = self._places.all.get(loc_id)
        if not len(rows) and place is None and not await self._rollups.is_measured(loc_id):
            raise self._missing(PlaceFilter(loc_id=loc_id))
        return await self._answer([_entry(loc_id, place)], rows, wanted, metrics)

    async def together(self, where: PlaceFilter, asked: AskedRange, names: Sequence[str]) -> bytes:
        """Returns an Aggregation of all sensors of a factory, building or floor together.

        Raises:
            NotFoundError: there never was such a place.
        """
        wanted, metrics = checked(asked, names, USUAL)
        places = self._places.fitting(where)
        if not places:
            raise self._missing(where)
        rows = await self._read(wanted, metrics, [place.loc_id for place in places], by_place=False)
        plants = {place.plant for place in places}
        entry = Entry(
            factory=where.factory,
            building=where.building,
            floor=where.floor,
            plant=(plants.pop() or None) if len(plants) == 1 else None,
        )
        return await self._answer([entry], rows, wanted, metrics)

    async def _read(
        self, wanted: Range, metrics: Sequence[Metric], loc_ids: Sequence[str] | None, *, by_place: bool
    ) -> Rows:
        calendar = await self._condition.calendar()
        columns = columns_of(metrics)
        rows = await self._rollups.rows(wanted, calendar, columns, loc_ids=loc_ids, by_place=by_place, most=MOST_ROWS)
        if len(rows) > MOST_ROWS:
            words = f"makes more than {MOST_ROWS} rows; give a shorter range, or name one place, or take the export"
            raise invalid("end_date", words)
        return rows

    async def _answer(self, entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric]) -> bytes:
        notes = [note for note in (self._directory.degraded, *self._condition.notes()) if note]
        if len(rows) < MANY_ROWS:
            return self._wire.aggregation(entries, rows, wanted, metrics, notes)
        return await asyncio.to_thread(self._wire.aggregation, entries, rows, wanted, metrics, notes)

    def _missing(self, where: PlaceFilter) -> NotFoundError | UnavailableError:
        if self._places.are_known:
            return _no_place(where)
        words = f"whether there is a place with {where.words()} is not known before location is reached for the first"
        return UnavailableError(f"{words} time; try again in a second", "LOCATION_UNKNOWN")


def checked(
    asked: AskedRange, names: Sequence[str], default: Sequence[Metric], *, is_limited: bool = True
) -> tuple[Range, Sequence[Metric]]:
    """Returns the range and the metrics that are asked for, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    wanted = parse_range(asked, bad, is_limited=is_limited)
    metrics = parse(names, default, bad)
    return check(wanted, bad), metrics


def _entry(loc_id: str, place: Place | None) -> Entry:
    if place is None:
        return Entry(loc_id=loc_id)
    return Entry(place.factory, place.building, place.floor, loc_id, place.area, place.plant or None)


def _no_place(where: PlaceFilter) -> NotFoundError:
    return NotFoundError(f"there never was a place with {where.words()}; {_LIST}", "PLACE_NOT_FOUND")
