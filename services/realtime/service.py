"""The use cases of realtime: take readings in, list them, and tell what is measured now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.common.clock import Clock
from services.common.errors import NotFoundError, invalid
from services.common.paging import Page, PageRequest, page
from services.heat.judging import Rules
from services.realtime.domain import (
    SENSOR_ID,
    Directory,
    Place,
    PlaceFilter,
    Reading,
    RowOutcome,
    SentReading,
    current_quality,
    make_reading,
    refuse,
    same_values,
)

MAX_ROWS = 10_000
DEFAULT_INTERVAL_S = 60

Key = tuple[str, datetime]
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a write found: the keys that were new, the rows that were there, and each sensor's last time before."""

    new: set[Key]
    existing: Mapping[Key, Reading]
    previous: Mapping[str, datetime]


class ReadingStore(Protocol):
    """What the use cases need of a store."""

    async def store(self, rows: Sequence[Reading]) -> Stored: ...
    async def frozen_before(self) -> datetime: ...
    async def latest(self) -> Sequence[Reading]: ...
    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Sequence[Reading]: ...


class Followed(Protocol[T_co]):
    """A neighbour's data, followed by revision."""

    @property
    def value(self) -> T_co | None: ...
    @property
    def degraded(self) -> str | None: ...
    async def refresh(self) -> bool: ...


class Registrar(Protocol):
    """Registers sensors that nobody knows yet."""

    async def register(self, sensor_ids: Sequence[str]) -> None: ...


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


class IngestUseCases:
    """Takes readings in and lists them. Without a registrar, rows of an unknown sensor are REJECTED."""

    def __init__(
        self, store: ReadingStore, directory: Followed[Directory], clock: Clock, registrar: Registrar | None = None
    ) -> None:
        self._registrar = registrar
        self._store = store
        self._directory = directory
        self._clock = clock

    async def write(self, sent: Sequence[SentReading]) -> list[RowOutcome]:
        """Stores what can be stored; returns each row's outcome by index. What it says is stored is on disk."""
        if not 1 <= len(sent) <= MAX_ROWS:
            raise invalid("readings", f"holds {len(sent)} readings; give 1 to {MAX_ROWS}")
        now = self._clock()
        frozen_before = await self._store.frozen_before()
        outcomes: dict[int, RowOutcome] = {}
        for index, row in enumerate(sent):
            refusal = refuse(row, now, frozen_before)
            if refusal is not None:
                outcomes[index] = RowOutcome(index, "REJECTED", refusal.field, refusal.reason)
        await self._know({row.sensor_id for index, row in enumerate(sent) if index not in outcomes})
        made: dict[int, Reading] = {}
        for index, row in enumerate(sent):
            if index not in outcomes:
                result = self._make(index, row, now)
                if isinstance(result, Reading):
                    made[index] = result
                else:
                    outcomes[index] = result
        if made:
            outcomes |= await self._store_rows(sent, made)
        return [outcomes[index] for index in range(len(sent))]

    async def _know(self, sensor_ids: set[str]) -> None:
        """Asks location once if a sensor is not known here: it may have been registered a moment ago."""
        if not self._unknown(sensor_ids):
            return
        answered = await self._directory.refresh()
        unknown = self._unknown(sensor_ids)
        if answered and unknown and self._registrar is not None:
            await self._registrar.register(sorted(unknown))
            await self._directory.refresh()

    def _unknown(self, sensor_ids: set[str]) -> set[str]:
        directory = self._directory.value
        return sensor_ids - directory.sensors.keys() if directory is not None else sensor_ids

    def _make(self, index: int, row: SentReading, now: datetime) -> Reading | RowOutcome:
        directory = self._directory.value
        sensor = directory.sensors.get(row.sensor_id) if directory else None
        if sensor is None and (directory is None or self._directory.degraded):
            reason = "the sensor is not known here and the location service is away; send the reading again"
            return RowOutcome(index, "UNAVAILABLE", "sensor_id", reason)
        if sensor is None:
            reason = f"{row.sensor_id!r} is not registered; POST it to /api/v1/sensors/ of the location service first"
            return RowOutcome(index, "REJECTED", "sensor_id", reason)
        if not sensor.is_active:
            reason = f"{row.sensor_id!r} is not active; set its is_active to true first"
            return RowOutcome(index, "REJECTED", "sensor_id", reason)
        return make_reading(row, sensor, now)

    async def _store_rows(self, sent: Sequence[SentReading], made: Mapping[int, Reading]) -> dict[int, RowOutcome]:
        first_of: dict[Key, int] = {}
        for index, reading in made.items():
            first_of.setdefault((reading.sensor_id, reading.capture_time), index)
        stored = await self._store.store([made[index] for index in first_of.values()])
        outcomes = {}
        for index, reading in made.items():
            key = (reading.sensor_id, reading.capture_time)
            is_first = first_of[key] == index
            if is_first and key in stored.new:
                outcomes[index] = _new_row(index, reading, stored.previous.get(reading.sensor_id))
                continue
            # The row that stays: what the database had, or an earlier row of this batch.
            kept = stored.existing.get(key) or made[first_of[key]]
            sent_pcv = sent[index].pcv_temperature is not None
            outcomes[index] = _repeated_row(index, same=same_values(reading, sent_pcv, kept))
        return outcomes

    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Page[Reading]:
        """Returns one sensor's readings; a sensor that nobody knows is NotFoundError."""
        if not SENSOR_ID.fullmatch(sensor_id):
            raise invalid("sensor_id", "give 1 to 50 of letters, digits, '-', '_' and '.'")
        if start is not None and end is not None and start >= end:
            raise invalid("end_time", "is not after start_time; give a later time")
        rows = await self._store.list_readings(request, sensor_id, start, end)
        directory = self._directory.value
        if not rows and request.after is None and directory is not None and sensor_id not in directory.sensors:
            message = f"there is no sensor {sensor_id!r} and there are no readings of it in this range"
            raise NotFoundError(message, "SENSOR_NOT_FOUND", {"sensor_id": sensor_id})
        return page(rows, request, lambda r: (r.capture_time,))


def _new_row(index: int, reading: Reading, previous: datetime | None) -> RowOutcome:
    if previous is not None and reading.capture_time < previous:
        return RowOutcome(index, "LATE", "capture_time", f"is older than the sensor's last, {previous.isoformat()}")
    return RowOutcome(index, "ACCEPTED")


def _repeated_row(index: int, *, same: bool) -> RowOutcome:
    if same:
        return RowOutcome(index, "DUPLICATE", "", "the same reading was stored before")
    reason = "another reading of this sensor and time was stored before, and stays"
    return RowOutcome(index, "CONFLICT", "capture_time", reason)


def count(outcomes: Sequence[RowOutcome]) -> Counter[str]:
    """Counts the outcomes by name."""
    return Counter(outcome.outcome for outcome in outcomes)


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
