"""The places that location knows, and those that it ever knew: history is found where it was measured."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from services.common.database import Database
from services.directory.domain import Directory, Place, PlaceFilter

log = logging.getLogger(__name__)

RETRY_S = 1.0

_FIELDS = ("loc_id", "plant", "factory", "building", "floor", "area")
_LOAD = f"SELECT {', '.join(_FIELDS)} FROM aggregation.place"  # noqa: S608  our own words
_SAVE = f"""
INSERT INTO aggregation.place ({", ".join(_FIELDS)})
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::text[]) ORDER BY 1
ON CONFLICT (loc_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])}
"""  # noqa: S608  our own words


class Followed(Protocol):
    """The directory, followed by revision."""

    @property
    def value(self) -> Directory | None: ...  # noqa: D102
    def on_change(self, tell: Callable[[], None]) -> None: ...  # noqa: D102


class PlaceStore(Protocol):
    """Places that ever were. A failure raises what `is_away` knows."""

    async def load(self) -> Mapping[str, Place]: ...  # noqa: D102
    async def save(self, places: Sequence[Place]) -> None: ...  # noqa: D102


class Places:
    """Every place by its loc_id; what location says now counts before what it said once."""

    def __init__(self, directory: Followed, store: PlaceStore, is_away: Callable[[BaseException], bool]) -> None:
        self._directory = directory
        self._store = store
        self._is_away = is_away
        self._stored: Mapping[str, Place] | None = None
        self._merged: Mapping[str, Place] = {}
        self._merged_from: tuple[object, object] = (None, None)
        self._wake = asyncio.Event()
        directory.on_change(self._wake.set)

    @property
    def are_known(self) -> bool:
        """Whether a place that is not among them is none: not before location and the database were heard of."""
        return self._directory.value is not None and self._stored is not None

    @property
    def all(self) -> Mapping[str, Place]:
        """Every place by its loc_id."""
        directory, stored = self._directory.value, self._stored
        if self._merged_from[0] is not directory or self._merged_from[1] is not stored:
            self._merged = {**(stored or {}), **(directory.places if directory else {})}
            self._merged_from = (directory, stored)
        return self._merged

    def place_of(self, sensor_id: str) -> str | None:
        """Returns the loc_id of where a sensor is now, or None where location does not know the sensor."""
        directory = self._directory.value
        sensor = directory.sensors.get(sensor_id) if directory is not None else None
        return None if sensor is None else sensor.loc_id

    def fitting(self, wanted: PlaceFilter) -> Sequence[Place]:
        """Returns the places where everything that is set fits, by ascending loc_id."""
        return sorted(filter(wanted.fits, self.all.values()), key=lambda place: place.loc_id)

    async def run(self) -> None:
        """Keeps what location says for good, until it is cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._keep()
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("places not kept", extra={"error": error})
                await asyncio.sleep(RETRY_S)
                continue
            await self._wake.wait()

    async def _keep(self) -> None:
        # Read each time: another process may have heard of a place that this one never did.
        stored = await self._store.load()
        directory = self._directory.value
        places = directory.places if directory else {}
        news = [place for loc_id, place in places.items() if stored.get(loc_id) != place]
        if news:
            await self._store.save(news)
        self._stored = {**stored, **places}


class SqlPlaces:
    """Satisfies PlaceStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Mapping[str, Place]:
        """Returns every place that was ever saved."""
        async with self._database.driver() as connection:
            return {row["loc_id"]: Place(*row) for row in await connection.fetch(_LOAD)}

    async def save(self, places: Sequence[Place]) -> None:
        """Saves places as they are now."""
        columns = [[getattr(place, name) for place in places] for name in _FIELDS]
        async with self._database.driver() as connection:
            await connection.execute(_SAVE, *columns)
