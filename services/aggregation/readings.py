"""Between batches of the reading log and readings in whole hundredths. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.aggregation.cells import NO_LEAST, Ints, Measured, Series
from services.common.reading_log import ReadingSlice


def measured(slices: Sequence[ReadingSlice]) -> Measured:
    """Returns the readings of batches of the log."""
    number: dict[Series, int] = {}
    index, seq = [], []
    for part in slices:
        known = np.array([number.setdefault(Series(s.sensor_id, s.loc_id), len(number)) for s in part.series], np.int64)
        index.append(known[part.series_index])
        seq.append(np.full(len(part), part.seq, np.int64))
    pcv = np.concatenate([part.pcv_temperature for part in slices])
    return Measured(
        series=list(number),
        index=np.concatenate(index),
        moment=np.concatenate([part.capture_time_us for part in slices]),
        quality=np.concatenate([part.quality for part in slices]).astype(np.int64),
        temperature=_hundredths(np.concatenate([part.temperature for part in slices])),
        humidity=_hundredths(np.concatenate([part.humidity for part in slices])),
        pcv_temperature=np.where(np.isnan(pcv), NO_LEAST, _hundredths(np.nan_to_num(pcv))),
        seq=np.concatenate(seq),
    )


def _hundredths(values: NDArray[np.float64]) -> Ints:
    return np.rint(values * 100).astype(np.int64)
