"""The metrics: what they are called, which columns of the rollups they need, and how they are made of them. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.aggregation.cells import Ints
from services.common.errors import Violation

Floats = NDArray[np.float64]
Columns = Mapping[str, Ints | Floats]

_KINDS = ("max", "avg", "min")
_NAMED = 3  # of unknown names, in an error


class Metric(NamedTuple):
    """A quantity's greatest, average or least value."""

    quantity: str
    kind: str

    @property
    def name(self) -> str:
        """What callers know it by."""
        return f"{self.quantity}_{self.kind}"

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the rollups that it is made of."""
        return (f"{self.quantity}_sum", self._count) if self.kind == "avg" else (self.name,)

    @property
    def _count(self) -> str:
        return "pcv_temperature_readings" if self.quantity == "pcv_temperature" else "readings"

    def hundredths(self, columns: Columns) -> Floats:
        """Returns the values in whole hundredths of °C or %; NaN where no reading has the quantity."""
        if self.kind == "avg":
            sums, counts = (columns[name].astype(np.int64, copy=False) for name in self.columns)
            return averages(sums, counts)
        return columns[self.name].astype(np.float64)

    def values(self, columns: Columns) -> Floats:
        """Returns the values in °C or %; NaN where no reading has the quantity."""
        return self.hundredths(columns) / 100


QUANTITIES = ("pcv_temperature", "temperature", "humidity")
ALL = tuple(Metric(quantity, kind) for quantity in QUANTITIES for kind in _KINDS)
USUAL = tuple(metric for metric in ALL if metric.kind != "min")


def averages(sums: Ints, counts: Ints) -> Floats:
    """Returns whole averages of whole sums, NaN of none.

    A half is rounded away from zero, also below it, as everywhere here that "half up" is said of a temperature: the
    average of -0.01 and 0.00 is -0.01. In whole numbers no half is ever lost to binary fractions.
    """
    n = np.maximum(counts, 1)
    whole = np.sign(sums) * ((2 * np.abs(sums) + n) // (2 * n))
    return np.where(counts > 0, whole, np.nan)


def columns_of(metrics: Sequence[Metric]) -> list[str]:
    """Returns the columns that an answer with these metrics needs, each once."""
    needed = (column for metric in metrics for column in metric.columns)
    return list(dict.fromkeys(("readings", "suspect", *needed)))


def parse(entries: Sequence[str], default: Sequence[Metric], bad: list[Violation]) -> Sequence[Metric]:
    """Returns the metrics that are named, in the order of the contract, or the default where none is.

    Args:
        entries: names of metrics or quantities, also several divided by commas.
        default: what no name means.
        bad: what is wrong is added here.
    """
    words = {word.strip() for entry in entries for word in entry.split(",")} - {""}
    found = [metric for metric in ALL if metric.name in words or metric.quantity in words]
    unknown = sorted(words - {metric.name for metric in ALL} - set(QUANTITIES))
    if unknown:
        names = ", ".join(repr(name[:20]) for name in unknown[:_NAMED])
        known = ", ".join(QUANTITIES)
        kinds = " or ".join(f"_{kind}" for kind in _KINDS)
        bad.append(Violation("metrics", f"{names} is none; give some of {known}, alone or with {kinds}"))
    return found or default
