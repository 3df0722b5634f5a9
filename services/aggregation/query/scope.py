"""Which places a request means, and what is known of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.aggregation.query.domain import Entry
from services.common.errors import NotFoundError, UnavailableError
from services.directory.domain import SENSOR_ID, Place, PlaceFilter


class Places(Protocol):
    """The places that ever were."""

    @property
    def are_known(self) -> bool: ...  # noqa: D102
    @property
    def all(self) -> Mapping[str, Place]: ...  # noqa: D102
    def knows_sensor(self, sensor_id: str) -> bool: ...  # noqa: D102
    def fitting(self, wanted: PlaceFilter) -> Sequence[Place]: ...  # noqa: D102


class Measured(Protocol):
    """Where there ever was a reading."""

    async def loc_ids(self) -> Sequence[str]: ...  # noqa: D102
    async def is_measured(self, loc_id: str) -> bool: ...  # noqa: D102
    async def has_measured(self, sensor_id: str) -> bool: ...  # noqa: D102


class Scope:
    """Answers which places there are. What there never was is NotFoundError, or UnavailableError before it is known."""

    def __init__(self, places: Places, measured: Measured) -> None:
        self._places = places
        self._measured = measured

    def entries(self, loc_ids: Sequence[str]) -> list[Entry]:
        """Returns what is known of places."""
        places = self._places.all
        return [_entry(loc_id, places.get(loc_id)) for loc_id in loc_ids]

    def together(self, where: PlaceFilter) -> tuple[Entry, Sequence[str]]:
        """Returns what all places have in common where everything fits, and which they are."""
        places = self._places.fitting(where)
        if not places:
            raise self._missing(where)
        plants = {place.plant for place in places}
        plant = plants.pop() or None if len(plants) == 1 else None
        entry = Entry(factory=where.factory, building=where.building, floor=where.floor, plant=plant)
        return entry, [place.loc_id for place in places]

    async def require(self, loc_id: str) -> None:
        """Returns if there ever was a place."""
        if SENSOR_ID.fullmatch(loc_id):  # else PostgreSQL may not even take it for a text
            if loc_id in self._places.all or await self._measured.is_measured(loc_id):
                return
            raise self._missing(PlaceFilter(loc_id=loc_id))
        raise _no_place(PlaceFilter(loc_id=loc_id))

    async def require_sensor(self, sensor_id: str) -> None:
        """Returns if there ever was a sensor."""
        if SENSOR_ID.fullmatch(sensor_id):
            if self._places.knows_sensor(sensor_id) or await self._measured.has_measured(sensor_id):
                return
            if not self._places.are_known:
                raise _unknown(f"a sensor {sensor_id!r}")
        words = f"there never was a sensor {sensor_id!r}; GET /api/v1/sensors/ lists them"
        raise NotFoundError(words, "SENSOR_NOT_FOUND")

    async def choose(self, where: PlaceFilter) -> Sequence[str]:
        """Returns the places that have readings and where everything fits, by ascending loc_id."""
        fitting = {place.loc_id for place in self._places.fitting(where)}
        if not fitting and where.words():
            # A place that nobody knows is found by its id alone.
            if where != PlaceFilter(loc_id=where.loc_id) or where.loc_id is None:
                raise self._missing(where)
            await self.require(where.loc_id)
            return [where.loc_id]
        measured = await self._measured.loc_ids()
        return [loc_id for loc_id in measured if loc_id in fitting] if where.words() else measured

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
