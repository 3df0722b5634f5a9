"""The use cases of ingest: take readings in with an outcome for each row, and list what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.common.access.domain import Caller, Scope
from services.common.clock import Clock
from services.common.epoch import moment_of
from services.common.errors import NotFoundError, invalid
from services.common.paging import Page, PageRequest, page
from services.directory.domain import SENSOR_ID, Directory, Sensor, reached
from services.realtime.domain import Followed
from services.realtime.ingest.columns import Readings, SentRows, joined
from services.realtime.ingest.domain import (
    REJECTED,
    UNAVAILABLE,
    NoPartitionError,
    Outcomes,
    Stored,
    StoredReading,
    first_of_each,
    row_outcomes,
)
from services.realtime.ingest.making import make_readings
from services.realtime.ingest.rules import EARLIEST, Clocks, Refusal, celsius, refusals
from services.realtime.ingest.senders import marked, may_be_asked, may_register

MAX_ROWS = 10_000


def checked_size(rows: int) -> None:
    """Raises InvalidInputError for an empty batch and for one that is too large to be looked at."""
    if not 1 <= rows <= MAX_ROWS:
        raise invalid("readings", f"holds {rows} readings; give 1 to {MAX_ROWS}")


class ReadingStore(Protocol):
    """What the use cases need of a store."""

    async def store(self, readings: Readings) -> Stored: ...
    async def ensure_partitions(self, times: Sequence[datetime]) -> None: ...
    async def frozen_before(self) -> datetime: ...
    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Sequence[StoredReading]: ...


class Registrar(Protocol):
    """Registers sensors that nobody knows yet."""

    async def register(self, sensor_ids: Sequence[str]) -> None: ...


class Uses(Protocol):
    """Remembers when devices call."""

    def note(self, caller: Caller) -> None: ...


class IngestUseCases:
    """Takes readings in and lists them. Without a registrar, rows of an unknown sensor are REJECTED."""

    def __init__(
        self,
        store: ReadingStore,
        directory: Followed[Directory],
        clock: Clock,
        uses: Uses,
        registrar: Registrar | None = None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._uses = uses
        self._registrar = registrar
        self._frozen_before = EARLIEST

    async def know(self, rows: SentRows, caller: Caller) -> SentRows:
        """Returns the rows, each marked with whether the caller may write its sensor.

        If a sensor is not known here, location is asked once: it may have been registered a moment ago.
        """
        self._uses.note(caller)
        sensor_ids = may_be_asked(caller, rows.sensor_id)
        if self._unknown(sensor_ids):
            answered = await self._directory.refresh()
            unknown = {name for name in self._unknown(sensor_ids) if may_register(caller, name)}
            if answered and unknown and self._registrar is not None:
                await self._registrar.register(sorted(unknown))
                await self._directory.refresh()
        return marked(rows, caller, self._directory.value)

    def _unknown(self, sensor_ids: set[str]) -> set[str]:
        known: Mapping[str, Sensor] = self._directory.value.sensors if self._directory.value else {}
        # Not the difference with its keys, which would look at each of them.
        return {name for name in sensor_ids if name not in known and SENSOR_ID.fullmatch(name)}

    async def write(self, batches: Sequence[SentRows]) -> Sequence[Outcomes]:
        """Stores what can be stored of several batches at once; returns each one's outcomes.

        What it says is stored is on disk.
        """
        rows = joined(batches)
        traces = {name: batch.traceparent for batch in batches if batch.traceparent for name in batch.sensor_id}
        try:
            outcomes = await self._write(rows, traces)
        except NoPartitionError:
            # Either the time is far off, and gets its partition now, or retention has dropped it.
            self._frozen_before = await self._store.frozen_before()
            await self._store.ensure_partitions(self._times(rows))
            outcomes = await self._write(rows, traces)
        return outcomes.split([len(batch) for batch in batches])

    def _times(self, rows: SentRows) -> list[datetime]:
        refused = refusals(rows, Clocks(self._clock(), self._frozen_before))
        return [moment_of(time) for index, time in enumerate(rows.capture_time.tolist()) if index not in refused]

    async def _write(self, rows: SentRows, traces: Mapping[str, str]) -> Outcomes:
        now = self._clock()
        codes = np.full(len(rows), REJECTED, dtype=np.int8)
        words = refusals(rows, Clocks(now, self._frozen_before))
        sensors = self._sensors(rows, words, codes)
        is_taken = np.ones(len(rows), dtype=bool)
        is_taken[list(words)] = False
        taken = np.flatnonzero(is_taken)
        if len(taken):
            made = replace(make_readings(rows, taken, sensors, now), traces=traces)
            first, kept = first_of_each(made)
            stored = await self._store.store(made.take(kept))
            # An index that a calibration has made outdated was replaced by ours, and tells nothing of what was sent.
            is_kept_index = celsius(rows.pcv_temperature, rows.unit)[taken] == made.raw_pcv_temperature
            codes[taken], made_words = row_outcomes(made, first, kept, stored, is_kept_index)
            words |= {int(taken[index]): refusal for index, refusal in made_words.items()}
        return Outcomes(codes, words)

    def _sensors(self, rows: SentRows, words: dict[int, Refusal], codes: NDArray[np.int8]) -> list[Sensor]:
        """Returns the active sensors of the rows, by name; refuses the rows of all others that no rule refuses.

        A sensor that the sender may not write is, in that sender's rows, as one that nobody knows.
        """
        known: Mapping[str, Sensor] = self._directory.value.sensors if self._directory.value else {}
        names = set(rows.sensor_id)
        active = {name for name in names if name in known and known[name].is_active}
        if len(active) < len(names) or not rows.is_own.all():
            for index, (name, is_own) in enumerate(zip(rows.sensor_id, rows.is_own.tolist(), strict=True)):
                if index not in words and not (is_own and name in active):
                    codes[index], words[index] = self._not_taken(name, is_known=is_own and name in known)
        return [known[name] for name in sorted(active)]

    def _not_taken(self, name: str, *, is_known: bool) -> tuple[int, Refusal]:
        if is_known:
            return REJECTED, Refusal("sensor_id", f"{name!r} is not active; set its is_active to true first")
        if self._directory.value is None or self._directory.degraded:
            reason = "the sensor is not known here and the location service is away; send the reading again"
            return UNAVAILABLE, Refusal("sensor_id", reason)
        reason = f"{name!r} is not registered; POST it to /api/v1/sensors/ of the location service first"
        return REJECTED, Refusal("sensor_id", reason)

    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None, scope: Scope
    ) -> Page[StoredReading]:
        """Returns one sensor's readings; one that nobody knows, or that is elsewhere now, is NotFoundError."""
        if not SENSOR_ID.fullmatch(sensor_id):
            raise invalid("sensor_id", "give 1 to 50 of letters, digits, '-', '_' and '.'")
        if start is not None and end is not None and start >= end:
            raise invalid("end_time", "is not after start_time; give a later time")
        if not scope.is_everything and not reached(self._directory.value).is_within(sensor_id, scope):
            raise _no_sensor(sensor_id)
        rows = await self._store.list_readings(request, sensor_id, start, end)
        directory = self._directory.value
        if not rows and request.after is None and directory is not None and sensor_id not in directory.sensors:
            raise _no_sensor(sensor_id)
        return page(rows, request, lambda r: (r.capture_time,))


def _no_sensor(sensor_id: str) -> NotFoundError:
    message = f"there is no sensor {sensor_id!r} and no reading of it; GET /api/v1/sensors/ lists them"
    return NotFoundError(message, "SENSOR_NOT_FOUND", {"sensor_id": sensor_id})
