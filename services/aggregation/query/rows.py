"""Rows of an answer in columns. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.aggregation.calendar import Days
from services.aggregation.cells import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of places, or of many places together, by ascending loc_id and time.

    Attributes:
        loc_ids: the places that have rows; one empty text where the rows are of all together.
        begins: where each place's rows begin, and at the end how many rows there are.
        day: the local day of each row; of a month the first one.
        hour: the local hour; 0 where rows are days or months.
        start: when the hour began, in seconds since 1970; None where rows are days or months.
        values: columns of the rollups; those of perceived temperature are NaN where there is none.
    """

    loc_ids: Sequence[str]
    begins: Sequence[int]
    day: Days
    hour: Ints
    start: Ints | None
    values: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.day)

    def counts(self, name: str) -> Ints:
        """Returns `readings` or `suspect`, as far as the contract's int32 can tell."""
        return np.minimum(self.values[name], np.iinfo(np.int32).max).astype(np.int64)
