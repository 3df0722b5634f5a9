"""What the replay does: a year of history once, then the record live, for ever."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from services.common.clock import Clock
from services.replay import state
from services.replay.record import WAVE, Record, Row, history, in_record
from services.replay.state import State
from services.replay.stations import STATIONS, Station

log = logging.getLogger(__name__)

INTERVAL = timedelta(seconds=10)
# One hour of the record a minute: a day's rise and fall is seen within half an hour and the five days of the heat wave
# within two hours, while two neighbouring readings (10 minutes of the record apart) still differ by little.
PACE = 60
# Thirteen batches make a bar that moves; each is far below the 10,000 rows that a request may have.
BATCH = 2_000


class Mesh(Protocol):
    """What the replay needs of the mesh."""

    async def register(self, station: Station) -> None: ...
    async def has_readings(self, station: Station) -> bool: ...
    async def write(self, rows: Sequence[Row]) -> None: ...


class Replay:
    """One run of the replay; what it has done is in the state's file, so that the next run goes on."""

    def __init__(self, mesh: Mesh, record: Record, path: Path, clock: Clock) -> None:
        """Takes the mesh, the recorded year, the file for the state, and the clock."""
        self._mesh = mesh
        self._record = record
        self._path = path
        self._clock = clock

    async def import_history(self, progress: Callable[[int, int], None]) -> State:
        """Registers the stations, stores what is missing of the history, and returns where the live replay begins.

        Args:
            progress: called with the rows stored so far and all rows.
        """
        for station in STATIONS:
            await self._mesh.register(station)
        known = state.read(self._path) or await self._first_state()
        rows = history(self._record, known.history_end)[: known.total]
        progress(known.imported, known.total)
        while known.imported < known.total:
            batch = rows[known.imported : known.imported + BATCH]
            await self._mesh.write(batch)
            # Saved after the write: a crash between the two sends one batch again, and those rows are duplicates.
            known = replace(known, imported=known.imported + len(batch))
            state.save(self._path, known)
            progress(known.imported, known.total)
        return known

    async def _first_state(self) -> State:
        """Fixes the shift before the first row is sent, so that every later run has the same one."""
        total = len(self._record.rows)
        if await self._mesh.has_readings(STATIONS[0]):
            # The file was lost, the readings were not: a second history beside the first would be wrong.
            log.warning("there are readings already; the history is not imported again")
            total = 0
        log.info("history", extra={"rows": total, "rows_without_values": self._record.skipped})
        first = State(history_end=self._clock(), imported=0, total=total, position=WAVE)
        state.save(self._path, first)
        return first

    async def live(self, known: State) -> None:
        """Sends one reading a station every ten seconds, until it is cancelled."""
        while True:
            began = self._clock()
            rows = readings_at(self._record, known.position, began)
            if rows:  # a few nights are missing in every station's record, and an empty batch is an error
                await self._mesh.write(rows)
            known = replace(known, position=in_record(known.position + INTERVAL * PACE))
            state.save(self._path, known)
            await asyncio.sleep(max(0.0, (began + INTERVAL - self._clock()).total_seconds()))


def readings_at(record: Record, position: datetime, now: datetime) -> list[Row]:
    """Returns each station's reading of a moment of the record, captured now; one in a long gap has none."""
    found = [(name, series.at(position)) for name, series in record.series.items()]
    return [Row(now, name, values) for name, values in found if values is not None]
