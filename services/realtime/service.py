"""The use cases of realtime: take readings in, list them, and tell what is measured now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from services.common.clock import Clock
from services.common.errors import NotFoundError
from services.heat.judging import Rules
from services.realtime.domain import Directory, Followed, Place, PlaceFilter, Reading, current_quality

DEFAULT_INTERVAL_S = 60


class ReadingStore(Protocol):
    """What the use cases need of a store."""

    async def latest(self) -> Sequence[Reading]: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """One sensor's last reading, with what is needed to show it."""

    reading: Reading
    quality: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is measured now."""

    local_time: datetime
    measured: Sequence[Measured]
    rules: Rules | None
    degraded: Sequence[str]


class MeasurementUseCases:
    """Tells what is measured now."""

    def __init__(
        self,
        store: ReadingStore,
        directory: Followed[Directory],
        rules: Followed[Rules],
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._store = store
        self._directory = directory
        self._rules = rules
        self._clock = clock
        self._zone = zone

    async def now(self, wanted: PlaceFilter) -> Snapshot:
        """Returns the last reading of each active sensor where `wanted` fits; no such place is NotFoundError."""
        directory = self._directory.value
        _require_place(wanted, directory)
        now = self._clock()
        measured = [_measured(reading, directory, now) for reading in await self._store.latest()]
        degraded = [words for words in (self._directory.degraded, self._rules.degraded) if words]
        fitting = [m for m in measured if m is not None and _fits(m, wanted)]
        return Snapshot(now.astimezone(self._zone), fitting, self._rules.value, degraded)


def _require_place(wanted: PlaceFilter, directory: Directory | None) -> None:
    words = wanted.words()
    if words and directory is not None and not any(map(wanted.fits, directory.places.values())):
        message = f"there is no place with {words}; GET /api/v1/locations/ lists them"
        raise NotFoundError(message, "PLACE_NOT_FOUND")


def _measured(reading: Reading, directory: Directory | None, now: datetime) -> Measured | None:
    if directory is None:
        return Measured(reading, current_quality(reading, DEFAULT_INTERVAL_S, now), None)
    sensor = directory.sensors.get(reading.sensor_id)
    if sensor is None or not sensor.is_active:
        return None
    quality = current_quality(reading, sensor.interval_s, now)
    return Measured(reading, quality, directory.places.get(reading.loc_id))


def _fits(measured: Measured, wanted: PlaceFilter) -> bool:
    if measured.place is not None:
        return wanted.fits(measured.place)
    return not wanted.words() or wanted == PlaceFilter(loc_id=measured.reading.loc_id)
