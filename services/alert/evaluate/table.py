"""The sensors of the shards that are held, in columns: a copy of what is committed. Pure."""

import math
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.alert.domain import SUSPECT
from services.alert.evaluate import resting
from services.alert.evaluate.batch import Batch
from services.alert.evaluate.machine import FOREVER, NOTHING, Machine
from services.alert.evaluate.rulebook import IN_SERVICE, OUT_OF_SERVICE, Rulebook
from services.alert.evaluate.tuning import NEVER, Tuning
from services.alert.evaluate.watch import Shown, Watch
from services.common.reading_log import shard_of
from services.heat.levels import METRICS
from services.heat.quality import GOOD

Rows = NDArray[np.intp]
_MEASURED = ("capture", "receive", *METRICS, "quality")
_COLUMNS: dict[str, tuple[Any, Any]] = {
    "capture": (np.int64, NEVER),
    "receive": (np.int64, 0),
    **dict.fromkeys(METRICS, (np.float64, np.nan)),
    "quality": (np.int8, GOOD),
    **resting.COLUMNS,
    "until": (np.int64, FOREVER),
    "interval": (np.int64, 0),
    "service": (np.int8, 0),
    "expected": (np.int64, 0),
    "shard": (np.int8, 0),
    "is_watched": (np.bool_, False),
    "is_restless": (np.bool_, False),
    "is_quiet": (np.bool_, False),
    "is_silent": (np.bool_, False),
    "is_untold": (np.bool_, False),
    "is_stored": (np.bool_, False),
    "is_changed": (np.bool_, False),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a sensor; its marks are in the order of resting.MARKS."""

    sensor_id: str
    loc_id: str
    capture: int
    receive: int
    values: Sequence[float]
    quality: int
    watch: Watch | None
    marks: Sequence[float]


class Table:
    """One row a sensor.

    Attributes:
        names: the sensors' names.
        loc_ids: where each measured last; where it is, of one that has sent nothing yet.
        columns: the newest reading of each, as _MEASURED says (of one that has sent nothing: NEVER, and since when it
            is known); what resting.COLUMNS says; until when nothing comes of its readings; its interval, whether it is
            in service, since when it is expected to send as often, and its shard; whether it has a watch, whether each
            of its readings has to be looked at, or each that is live, and whether it is silent; whether its alerts are
            to be told what was measured; whether it is stored, and whether more of its watch than the marks has changed
            since.
    """

    def __init__(self) -> None:
        self.rulebook: Rulebook | None = None
        self.shards: set[int] = set()
        self._watches: dict[str, Watch] = {}
        self.names: list[str] = []
        self.loc_ids: list[str] = []
        self._row: dict[str, int] = {}
        self.columns = {name: np.full(0, default, kind) for name, (kind, default) in _COLUMNS.items()}

    def __len__(self) -> int:
        return len(self.names)

    def row(self, name: str) -> int:
        """Returns the row of a sensor that is there."""
        return self._row[name]

    def knows(self, name: str) -> bool:
        """Tells whether a sensor is there."""
        return name in self._row

    def column(self, name: str) -> NDArray[Any]:
        """Returns a column, an element for each sensor."""
        return self.columns[name][: len(self.names)]

    def load(self, shard: int, stored: Iterable[Stored]) -> None:
        """Takes what is stored of a shard."""
        begin = len(self.names)
        rows = list(stored)
        self.add([s.sensor_id for s in rows], [s.loc_id for s in rows])
        for name in ("capture", "receive", "quality"):
            self.column(name)[begin:] = [getattr(s, name) for s in rows]
        for n, metric in enumerate(METRICS):
            self.column(metric)[begin:] = [s.values[n] for s in rows]
        for s in rows:
            if s.watch is not None:
                for n, metric in enumerate(METRICS):
                    anchor, peak = s.marks[2 * n : 2 * n + 2]
                    resting.mark(s.watch, metric, anchor, peak, s.values[n])
                self.keep(s.sensor_id, s.watch)
        self.column("is_stored")[begin:] = True
        self.column("is_changed")[begin:] = False
        self._place(begin)
        self.shards.add(shard)

    def add(self, names: Sequence[str], loc_ids: Sequence[str]) -> None:
        """Makes rows for sensors that are not there."""
        begin, end = len(self.names), len(self.names) + len(names)
        for offset, name in enumerate(names):
            self._row[name] = begin + offset
        self.names += names
        self.loc_ids += map(sys.intern, loc_ids)
        size = len(self.columns["capture"])
        if end > size:
            for name, (kind, default) in _COLUMNS.items():
                more = np.full(max(1024, end - size, size // 2), default, kind)
                self.columns[name] = np.concatenate([self.columns[name], more])
        for name, (_, default) in _COLUMNS.items():
            self.columns[name][begin:end] = default
        self.columns["shard"][begin:end] = [shard_of(name) for name in names]
        self._describe(np.arange(begin, end))

    def expect(self, names: Sequence[str], loc_ids: Sequence[str], now: int) -> None:
        """Makes rows for sensors that have sent nothing yet, and are expected to from now on."""
        begin = len(self.names)
        self.add(names, loc_ids)
        self.column("receive")[begin:] = now

    def drop(self, shards: Collection[int]) -> None:
        """Forgets shards."""
        self.shards -= set(shards)
        stays = np.flatnonzero(~np.isin(self.column("shard"), list(shards)))
        self.columns = {name: column[stays] for name, column in self.columns.items()}
        rows = stays.tolist()
        self.names = [self.names[row] for row in rows]
        self.loc_ids = [self.loc_ids[row] for row in rows]
        self._row = {name: row for row, name in enumerate(self.names)}
        self._watches = {name: watch for name, watch in self._watches.items() if name in self._row}

    def set_rulebook(self, rulebook: Rulebook, now: int) -> None:
        """Describes every sensor by other rules, or by another directory."""
        self.rulebook = rulebook
        service, interval = self.column("service").copy(), self.column("interval").copy()
        self._describe(np.arange(len(self.names)))
        is_sooner = (service != IN_SERVICE) | (self.column("interval") < interval)
        self.column("expected")[is_sooner & (self.column("service") == IN_SERVICE)] = now
        self.column("is_restless")[:] = self.column("is_watched")
        self._place(0)

    def _place(self, begin: int) -> None:
        """Has the rows from there on of sensors that have sent nothing be where location says that they are."""
        for row in (begin + np.flatnonzero(self.column("capture")[begin:] == NEVER)).tolist():
            loc_id = self.rulebook.loc_id(self.names[row]) if self.rulebook is not None else None
            self.loc_ids[row] = loc_id or self.loc_ids[row]

    def _describe(self, rows: Rows) -> None:
        rulebook = self.rulebook
        if rulebook is None or not len(rows):
            return
        known = [rulebook.known(self.names[row]) for row in rows.tolist()]
        self.columns["interval"][rows] = [k.interval for k in known]
        self.columns["service"][rows] = [k.service for k in known]
        for metric in METRICS:
            low, high = rulebook.calm_everywhere(metric)
            self.columns[f"{metric}_low"][rows], self.columns[f"{metric}_high"][rows] = low, high
        mapped = rulebook.mapped()
        if not mapped:
            return
        for row in rows.tolist():
            for metric in METRICS:
                if (self.names[row], metric) in mapped:
                    self._set_calm(row, metric, rulebook.calm(self.names[row], metric))

    def _set_calm(self, row: int, metric: str, calm: tuple[float, float]) -> None:
        self.columns[f"{metric}_low"][row], self.columns[f"{metric}_high"][row] = calm

    def watch(self, name: str) -> Watch:
        """Returns a sensor's watch, which may be changed if it is kept thereafter; a new one where it has none."""
        watch = self._watches.get(name)
        if watch is None:
            return Watch()
        row = self._row[name]
        for metric in METRICS:
            anchor, peak, value = (float(self.columns[f"{metric}_{m}"][row]) for m in ("anchor", "peak", "value"))
            resting.mark(watch, metric, anchor, peak, value)
        return watch

    def keep(self, name: str, watch: Watch) -> None:
        """Keeps a sensor's watch, or drops one that is over."""
        row, columns = self._row[name], self.columns
        if watch.is_over:
            self._watches.pop(name, None)
        else:
            self._watches[name] = watch
        columns["until"][row] = FOREVER
        is_restless = watch.is_silent or SUSPECT in watch.machines
        for metric in METRICS:
            machine = watch.machines.get(metric)
            for mark, value in resting.marks_of(machine, watch.alerts.get(metric)).items():
                columns[f"{metric}_{mark}"][row] = value
            if machine is not None:
                is_restless |= not self._rest(row, metric, machine)
            elif self.rulebook is not None:
                self._set_calm(row, metric, self.rulebook.calm(name, metric))
        columns["is_watched"][row] = not watch.is_over
        columns["is_restless"][row] = is_restless
        columns["is_quiet"][row] = watch.is_quiet
        columns["is_silent"][row] = watch.is_silent
        columns["is_untold"][row] = any(alert.value is not None for alert in watch.alerts.values())
        columns["is_changed"][row] = True

    def _rest(self, row: int, metric: str, machine: Machine) -> bool:
        """Has the columns know what leaves a machine as it is; tells whether anything does."""
        interval, peak = int(self.columns["interval"][row]), float(self.columns[f"{metric}_peak"][row])
        found = self.rulebook and self.rulebook.rest(self.names[row], metric, interval, machine)
        if not found:
            return False
        rest, ladder = found
        calm = resting.narrowed(rest, ladder, peak)
        if calm is None:
            return False
        self._set_calm(row, metric, calm)
        own = {"own_low": rest.own_low, "own_high": rest.own_high, "way": resting.way_of(ladder, peak)}
        for name, value in own.items():
            self.columns[f"{metric}_{name}"][row] = value
        self.columns["until"][row] = min(self.columns["until"][row], rest.until)
        return True

    def untold(self) -> list[Shown]:
        """Returns what alerts have not been told, which they are to be told then."""
        rows = np.flatnonzero(self.column("is_untold"))
        self.column("is_untold")[rows] = False
        numbers = {m: [self.columns[f"{m}_{mark}"][rows].tolist() for mark in ("value", "peak")] for m in METRICS}
        found = []
        for n, row in enumerate(rows.tolist()):
            watch = self._watches[self.names[row]]
            for metric in numbers.keys() & watch.alerts.keys():
                value, peak = (None if math.isnan(column[n]) else column[n] for column in numbers[metric])
                is_suspect = watch.machines.get(metric, NOTHING).is_suspect
                found.append(Shown(watch.alerts[metric], value, peak, is_suspect))
        return found

    def is_uneasy(self, batch: Batch, tuning: Tuning) -> NDArray[np.bool_]:
        """Tells of which readings something may come: of a restless sensor's, of suspect ones, and beyond the calm."""
        columns, rows = self.columns, batch.row
        uneasy: NDArray[np.bool_] = columns["is_restless"][rows] | (batch.quality != GOOD)
        uneasy |= batch.capture >= columns["until"][rows]
        if columns["is_quiet"].any():
            uneasy |= columns["is_quiet"][rows] & tuning.are_live(
                batch.capture, batch.receive, columns["interval"][rows]
            )
        uneasy |= self._is_beyond(rows, batch.values)
        uneasy &= columns["service"][rows] != OUT_OF_SERVICE
        return uneasy

    def _is_beyond(self, rows: Rows, values: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
        beyond = np.zeros(len(rows), np.bool_)
        for metric, value in zip(METRICS, values, strict=True):
            # Neither comparison holds for a value that is not there.
            beyond |= value < self.columns[f"{metric}_low"][rows]
            beyond |= value >= self.columns[f"{metric}_high"][rows]
        return beyond

    def is_resting(self, batch: Batch) -> NDArray[np.bool_]:
        """Tells which readings are of sensors in danger; of those that are not uneasy nothing comes but values."""
        rows = batch.row
        is_watched: NDArray[np.bool_] = self.columns["is_watched"][rows]
        is_watched &= self.columns["service"][rows] != OUT_OF_SERVICE
        return is_watched

    def uneasy_rows(self) -> Rows:
        """Returns the sensors in service that have a watch, or whose newest value is beyond the calm."""
        rows = np.flatnonzero(self.column("service") != OUT_OF_SERVICE)
        beyond = self._is_beyond(rows, [self.columns[metric][rows] for metric in METRICS])
        return rows[beyond | self.columns["is_watched"][rows]]

    def take(self, batch: Batch, newest: Rows) -> bool:
        """Takes the newest reading of each sensor of a batch, by their places in it.

        Tells whether it knows what an alert has not been told only until another reading without that value.
        """
        rows = batch.row[newest]
        is_untold, is_gone = self.columns["is_untold"][rows], np.zeros(len(rows), np.bool_)
        for metric, values in zip(METRICS, batch.values, strict=True):
            is_gone |= np.isnan(values[newest]) & ~np.isnan(self.columns[f"{metric}_value"][rows])
        measured: tuple[NDArray[Any], ...] = (batch.capture, batch.receive, *batch.values, batch.quality)
        for name, column in zip(_MEASURED, measured, strict=True):
            self.columns[name][rows] = column[newest]
        for row, loc in zip(rows.tolist(), batch.loc[newest].tolist(), strict=True):
            self.loc_ids[row] = batch.loc_ids[loc]
        return bool((is_gone & is_untold).any())
