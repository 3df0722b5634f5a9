"""Raw readings of the realtime service, put together in steps below an hour."""

from contextlib import aclosing

import numpy as np

from services.aggregation.cells import Cells, Series, grouped, merged
from services.aggregation.query.steps import Steps
from services.aggregation.query.timeseries import Reading
from services.aggregation.readings import measured
from services.common.epoch import moment_of
from services.common.errors import FailedPreconditionError
from services.common.reading_log import RangeClient, ReadingSlice

MOST_SENSORS = 10_000  # that a range can be asked of by name
# So many cells of parts wait at most before they become one.
MANY_CELLS = 100_000

_NOTHING = np.zeros(0, np.int64)


class RangeReadings:
    """Satisfies RawReadings."""

    def __init__(self, ranges: RangeClient) -> None:
        self._ranges = ranges

    async def cells(self, steps: Steps, read: Reading) -> Cells:
        """Returns the cells of steps; what retention has dropped is FailedPreconditionError."""
        if read.members is not None and not read.members:
            return Cells([], _NOTHING, _NOTHING, {})
        try:
            return await self._cells(steps, read)
        except FailedPreconditionError as error:
            words = f"{error.message}; take step 1h or more, which needs no raw readings"
            raise FailedPreconditionError(words, error.reason, error.metadata) from error

    async def _cells(self, steps: Steps, read: Reading) -> Cells:
        sensor_ids = sorted({series.sensor_id for series in read.members or ()})
        asked = sensor_ids if len(sensor_ids) <= MOST_SENSORS else ()
        parts: list[Cells] = []
        waiting = 0
        async with aclosing(self._ranges.read(moment_of(int(steps.starts[0])), moment_of(steps.end), asked)) as range_:
            async for message in range_:
                if isinstance(message, ReadingSlice):
                    part = _cells_of(message, read)
                    parts.append(part)
                    waiting += len(part)
                    if waiting > MANY_CELLS:
                        parts, waiting = [merged(parts)], 0
        return merged(parts) if parts else Cells([], _NOTHING, _NOTHING, {})


def _cells_of(part: ReadingSlice, read: Reading) -> Cells:
    readings = measured([part])
    cells = grouped(readings, read.calendar.minute_starts(readings.moment, read.minutes))
    number: dict[Series, int] = {}
    groups = [read.of(series) for series in cells.series]
    group_of = [-1 if group is None else number.setdefault(group, len(number)) for group in groups]
    index = np.array(group_of, np.int64)[cells.index]
    own = Cells(list(number), index, cells.period, cells.values).take(index >= 0)
    return own.by(own.period)
