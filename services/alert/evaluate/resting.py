"""Sensors in danger whose readings change nothing but what an alert shows: many readings are taken at once. Pure.

Which readings those are, `Judge.rest` says. Here are the columns of it, by metric: `low` to `high` is where nothing
comes of a value, `own_low` to `own_high` where it is the new `anchor`; `peak` and `value` are what the alert shows, and
`way` is how its peak grows: up (1) or down (-1), or 0 where there is no alert.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.alert.evaluate.batch import Batch, Bools, last_of_each
from services.alert.evaluate.machine import Machine, Rest
from services.alert.evaluate.watch import OpenAlert, Watch
from services.heat.ladder import Ladder
from services.heat.levels import METRICS

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

_KINDS: Mapping[str, tuple[Any, Any]] = {
    "low": (np.float64, -np.inf),
    "high": (np.float64, np.inf),
    "own_low": (np.float64, np.inf),
    "own_high": (np.float64, -np.inf),
    "anchor": (np.float64, np.nan),
    "peak": (np.float64, np.nan),
    "value": (np.float64, np.nan),
    "way": (np.int8, 0),
}
COLUMNS = {f"{metric}_{name}": kind for metric in METRICS for name, kind in _KINDS.items()}
# What of it is stored with each sensor in danger.
MARKS = tuple(f"{metric}_{name}" for metric in METRICS for name in ("anchor", "peak"))


def marks_of(machine: Machine | None, alert: OpenAlert | None) -> Mapping[str, float]:
    """Returns what the columns say of a machine and its alert, where each reading has to be looked at."""
    known = (
        None if machine is None else machine.anchor,
        None if alert is None else alert.peak,
        None if alert is None else alert.value,
    )
    anchor, peak, value = (math.nan if number is None else number for number in known)
    return {"own_low": math.inf, "own_high": -math.inf, "anchor": anchor, "peak": peak, "value": value, "way": 0}


def mark(watch: Watch, metric: str, anchor: float, peak: float, value: float) -> None:
    """Has a watch know what the columns say; NaN is nothing."""
    machine, alert = watch.machines.get(metric), watch.alerts.get(metric)
    if machine is not None and not math.isnan(anchor):
        watch.machines[metric] = replace(machine, anchor=anchor)
    if alert is not None:
        alert.peak = alert.peak if math.isnan(peak) else peak
        alert.value = alert.value if math.isnan(value) else value


def way_of(ladder: Ladder, peak: float) -> int:
    """Returns how the peak of an alert grows; NaN stands for no alert."""
    if math.isnan(peak):
        return 0
    return 1 if ladder.rises(peak) else -1


def narrowed(rest: Rest, ladder: Ladder, peak: float) -> tuple[float, float] | None:
    """Returns the values that one comparison each turns into the peak of an alert; None where it takes more than that.

    Args:
        rest: of the machine.
        ladder: by which it is judged.
        peak: of its alert; NaN where there is none.
    """
    way = way_of(ladder, peak)
    if not way:
        return rest.low, rest.high
    # Beyond its limit on the side on which the danger grows, what is held would be the peak of another step.
    if way > 0:
        return (rest.low, rest.own_high) if peak >= rest.own_low else None
    return (rest.own_low, rest.high) if peak < rest.own_high else None


def follow(columns: Columns, batch: Batch, chosen: Rows) -> None:
    """Takes readings of sensors at rest.

    Args:
        columns: of the table, changed in place.
        batch: the readings.
        chosen: which of them, by their ascending places.
    """
    if not len(chosen):
        return
    last = last_of_each(batch, chosen)
    rows, each = batch.row[last], batch.row[chosen]
    begins = np.searchsorted(each, rows)
    for metric, values in zip(METRICS, batch.values, strict=True):
        own_low, own_high = (columns[f"{metric}_{name}"][each] for name in ("own_low", "own_high"))
        found = values[chosen]
        _put(columns[f"{metric}_anchor"], rows, _last(found, (found >= own_low) & (found < own_high), begins))
        way = columns[f"{metric}_way"][rows]
        if not way.any():
            continue
        value = _last(found, columns[f"{metric}_way"][each] != 0, begins)
        _put(columns[f"{metric}_value"], rows, value)
        columns["is_untold"][rows] |= ~np.isnan(value)
        peak = columns[f"{metric}_peak"][rows]
        columns[f"{metric}_peak"][rows] = np.select(
            (way > 0, way < 0),
            (np.fmax(peak, np.fmax.reduceat(found, begins)), np.fmin(peak, np.fmin.reduceat(found, begins))),
            peak,
        )


def _last(values: Floats, wanted: Bools, begins: Rows) -> Floats:
    """Returns of each sensor the last value that is wanted, or NaN.

    Args:
        values: those of one sensor together.
        wanted: which of them.
        begins: where those of each begin.
    """
    at = np.maximum.reduceat(np.where(wanted & ~np.isnan(values), np.arange(len(values)), -1), begins)
    return np.where(at >= begins, values[at], np.nan)


def _put(column: Floats, rows: Rows, values: Floats) -> None:
    """Puts values in place of older ones, but for NaN."""
    column[rows] = np.where(np.isnan(values), column[rows], values)
