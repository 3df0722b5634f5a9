"""What time brings: sensors that say nothing although they should, and sensors that are not in service any more."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from services.alert.evaluate.breath import breathe
from services.alert.evaluate.judging import Judging, Reading
from services.alert.evaluate.rulebook import IN_SERVICE, OUT_OF_SERVICE, UNKNOWN, Rulebook
from services.alert.evaluate.table import Rows, Table
from services.alert.evaluate.tuning import SECOND, SILENT_AFTER_INTERVALS, Tuning
from services.common.reading_log import SHARDS, shard_of
from services.heat.levels import METRICS

# Location may tell of a new sensor a moment after its first reading.
STRANGER = 5 * SECOND


class Attendance:
    """Knows who is expected to send, of the sensors in a table.

    Args:
        is_current: tells whether the directory is, by which the table describes its sensors.
    """

    def __init__(self, table: Table, tuning: Tuning, is_current: Callable[[], bool]) -> None:
        self._table = table
        self._is_current = is_current
        self._tuning = tuning
        self._followed: dict[int, int] = {}  # since when each shard has been followed to its end
        self._expected: tuple[Rulebook, Collection[int]] | None = None  # by which rules, and of which shards

    async def look(self, judging: Judging, shards: Collection[int], now: int) -> Sequence[Rows]:
        """Judges what time brings in shards that are followed to their end; returns the rows of what has changed."""
        for shard in shards:
            self._followed.setdefault(shard, now)
        await self._expect(shards, now)
        return [self._remove(judging, now), await self._find_silent(judging, now)]

    def take_over(self, since: Mapping[int, int | None]) -> None:
        """Takes shards that others have followed to their end until just now, since a time; None where not so.

        Or silence would never be found where shards change hands more often than a sensor sends.
        """
        self._followed |= {shard: time for shard, time in since.items() if time is not None}

    def lost(self, shards: Collection[int]) -> None:
        """Forgets shards, which the table has dropped."""
        for shard in shards:
            self._followed.pop(shard, None)
        self._expected = None

    async def _expect(self, shards: Collection[int], now: int) -> None:
        """Has the table know the sensors in service that have sent nothing: they are given time from now on.

        Nothing of them is stored before they are found to be silent: whoever goes on from here gives them time anew,
        as it does with all others.
        """
        table = self._table
        if table.rulebook is None or self._expected == (table.rulebook, shards):
            return
        names, loc_ids = [], []
        for number, sensor in enumerate(table.rulebook.in_service()):
            if not table.knows(sensor.sensor_id) and shard_of(sensor.sensor_id) in shards:
                names.append(sensor.sensor_id)
                loc_ids.append(sensor.loc_id)
            await breathe(number)
        table.expect(names, loc_ids, now)
        self._expected = (table.rulebook, shards)

    def _remove(self, judging: Judging, now: int) -> Rows:
        """Ends what is the matter with sensors that are out of service, or that location does not know."""
        table = self._table
        service = table.column("service")
        is_gone = service == OUT_OF_SERVICE
        if self._is_current():
            is_gone |= (service == UNKNOWN) & (now > table.column("receive") + STRANGER)
        rows = np.flatnonzero(is_gone & table.column("is_watched"))
        for row in rows.tolist():
            reading = last_reading(table, row)
            watch = table.watch(reading.sensor_id)
            judging.remove(watch, reading, now)
            table.keep(reading.sensor_id, watch)
        return rows

    async def _find_silent(self, judging: Judging, now: int) -> Rows:
        """Finds the sensors that have said nothing for too long."""
        table = self._table
        followed = np.full(SHARDS, now)
        followed[list(self._followed)] = list(self._followed.values())
        expected = np.maximum(table.column("expected"), followed[table.column("shard")])
        since = np.maximum(table.column("receive"), expected)
        patience = np.maximum(self._tuning.silence, SILENT_AFTER_INTERVALS * table.column("interval"))
        is_due = (now > since + patience) & (table.column("service") == IN_SERVICE) & ~table.column("is_silent")
        rows = np.flatnonzero(is_due)
        for number, row in enumerate(rows.tolist()):
            reading = last_reading(table, row)
            watch = table.watch(reading.sensor_id)
            judging.fall_silent(watch, reading, now)
            table.keep(reading.sensor_id, watch)
            await breathe(number)
        return rows


def last_reading(table: Table, row: int) -> Reading:
    """Returns a sensor's newest reading."""
    interval, capture, receive, quality = (
        table.columns[name][row].item() for name in ("interval", "capture", "receive", "quality")
    )
    values = [table.columns[metric][row].item() for metric in METRICS]
    return Reading(table.names[row], table.loc_ids[row], interval, capture, receive, values, quality)
