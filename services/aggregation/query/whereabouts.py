"""Which places a request means and its caller may see, and what is known of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.aggregation.query.domain import Entry
from services.common.access.domain import Scope
from services.common.errors import NotFoundError, UnavailableError
from services.directory.domain import SENSOR_ID, Place, PlaceFilter


class Places(Protocol):
    """The places that ever were."""

    @property
    def are_known(self) -> bool: ...  # noqa: D102
    @property
    def all(self) -> Mapping[str, Place]: ...  # noqa: D102
    def place_of(self, sensor_id: str) -> str | None: ...  # noqa: D102
    def fitting(self, wanted: PlaceFilter) -> Sequence[Place]: ...  # noqa: D102


class Measured(Protocol):
    """Where there ever was a reading."""

    async def loc_ids(self) -> Sequence[str]: ...  # noqa: D102
    async def is_measured(self, loc_id: str) -> bool: ...  # noqa: D102
    async def has_measured(self, sensor_id: str, loc_ids: Sequence[str] | None) -> bool: ...  # noqa: D102


class Whereabouts:
    """Answers which places there are. What there never was is NotFoundError, or UnavailableError before it is known.

    For a caller who may see some factories only, a place elsewhere never was, nor was one that nobody knows any more.
    """

    def __init__(self, places: Places, measured: Measured) -> None:
        self._places = places
        self._measured = measured

    def entries(self, loc_ids: Sequence[str]) -> list[Entry]:
        """Returns what is known of places."""
        places = self._places.all
        return [_entry(loc_id, places.get(loc_id)) for loc_id in loc_ids]

    def own(self, scope: Scope) -> Sequence[str] | None:
        """Returns the places that a caller may see, by ascending loc_id; None is all."""
        if scope.is_everything:
            return None
        if not self._places.are_known:
            raise _unknown("a place that you may see")
        return [place.loc_id for place in self._fitting(PlaceFilter(), scope)]

    def together(self, where: PlaceFilter, scope: Scope) -> tuple[Entry, Sequence[str]]:
        """Returns what all places have in common where everything fits, and which they are."""
        places = self._fitting(where, scope)
        if not places:
            raise self._missing(where)
        plants = {place.plant for place in places}
        plant = plants.pop() or None if len(plants) == 1 else None
        entry = Entry(factory=where.factory, building=where.building, floor=where.floor, plant=plant)
        return entry, [place.loc_id for place in places]

    async def require(self, loc_id: str, scope: Scope) -> None:
        """Returns if there ever was a place."""
        if SENSOR_ID.fullmatch(loc_id):  # else PostgreSQL may not even take it for a text
            place = self._places.all.get(loc_id)
            if place is not None and scope.covers(place.plant, place.factory):
                return
            if scope.is_everything and await self._measured.is_measured(loc_id):
                return
            raise self._missing(PlaceFilter(loc_id=loc_id))
        raise _no_place(PlaceFilter(loc_id=loc_id))

    async def require_sensor(self, sensor_id: str, scope: Scope) -> None:
        """Returns if there ever was a sensor."""
        if SENSOR_ID.fullmatch(sensor_id):
            own, loc_id = self.own(scope), self._places.place_of(sensor_id)
            if loc_id is not None and (own is None or loc_id in own):
                return
            if await self._measured.has_measured(sensor_id, own):
                return
            if not self._places.are_known:
                raise _unknown(f"a sensor {sensor_id!r}")
        words = f"there never was a sensor {sensor_id!r}; GET /api/v1/sensors/ lists them"
        raise NotFoundError(words, "SENSOR_NOT_FOUND")

    async def choose(self, where: PlaceFilter, scope: Scope) -> Sequence[str]:
        """Returns the places that have readings and where everything fits, by ascending loc_id."""
        if not where.words():
            own, measured = self.own(scope), await self._measured.loc_ids()
            return measured if own is None else sorted(set(own) & set(measured))
        fitting = {place.loc_id for place in self._fitting(where, scope)}
        if not fitting:
            # A place that nobody knows is found by its id alone.
            if where != PlaceFilter(loc_id=where.loc_id) or where.loc_id is None:
                raise self._missing(where)
            await self.require(where.loc_id, scope)
            return [where.loc_id]
        return [loc_id for loc_id in await self._measured.loc_ids() if loc_id in fitting]

    def _fitting(self, where: PlaceFilter, scope: Scope) -> Sequence[Place]:
        places = self._places.fitting(where)
        return places if scope.is_everything else [p for p in places if scope.covers(p.plant, p.factory)]

    def _missing(self, where: PlaceFilter) -> NotFoundError | UnavailableError:
        if self._places.are_known:
            return _no_place(where)
        return _unknown(f"a place with {where.words()}")


def _entry(loc_id: str, place: Place | None) -> Entry:
    if place is None:
        return Entry(loc_id=loc_id)
    return Entry(place.factory, place.building, place.floor, loc_id, place.area, place.plant or None)


def _unknown(what: str) -> UnavailableError:
    words = f"whether there is {what} is not known before location is reached for the first time; try again in a second"
    return UnavailableError(words, "LOCATION_UNKNOWN")


def _no_place(where: PlaceFilter) -> NotFoundError:
    words = f"there never was a place with {where.words()}; GET /api/v1/locations/ lists them"
    return NotFoundError(words, "PLACE_NOT_FOUND")
