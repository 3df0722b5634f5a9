"""How far a sensor's newest readings can be trusted: flat lines and the skew of its clock. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from services.common.epoch import microseconds
from services.heat.quality import FLAT, GOOD
from services.realtime.ingest.columns import Bools, Floats, Ints, Readings, runs

# A clock seems to be behind when a reading was only delayed. So the skew is that of the quickest reading, and forgets
# it by a sixteenth with each one that comes after.
FORGETTING = 16


@dataclass(frozen=True, slots=True)
class FlatRule:
    """A sensor that shows exactly the same values `samples` times in a row, and for so long, is stuck.

    `samples` 0 means that none ever is.
    """

    samples: int = 60
    duration: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Last:
    """What was known of the sensors of a batch before it; an element a sensor, NaN and `NEVER` where nothing was."""

    capture_time: Ints
    raw_temperature: Floats
    raw_humidity: Floats
    flat_since: Ints
    flat_samples: Ints
    clock_skew_s: Floats


NEVER = -(2**62)


def unknown(sensors: int) -> Last:
    """Returns what is known of sensors that have sent nothing yet."""

    def nothing() -> Floats:
        return np.full(sensors, np.nan)

    def never() -> Ints:
        return np.full(sensors, NEVER)

    return Last(never(), nothing(), nothing(), never(), np.zeros(sensors, np.int64), nothing())


@dataclass(frozen=True, slots=True)
class Run:
    """Of each reading: since when, and how many times, its sensor has shown the same values."""

    since: Ints
    samples: Ints

    def take(self, rows: Bools) -> "Run":
        """Returns those of some of the readings."""
        return Run(self.since[rows], self.samples[rows])


def newest(readings: Readings) -> Bools:
    """Tells which readings are their sensors' last; the readings are sorted by sensor and time."""
    begins = runs([readings.sensor])
    return np.append(begins[1:], True)[: len(readings)]


def flat_runs(fresh: Readings, last: Last) -> Run:
    """Measures the runs of equal values in readings that are newer than what was known of their sensors.

    The readings are sorted by sensor and time.
    """
    begins = runs([fresh.sensor, fresh.raw_temperature, fresh.raw_humidity])
    starts = np.flatnonzero(begins)
    run = np.cumsum(begins) - 1
    samples = np.arange(len(fresh)) - starts[run] + 1
    since = fresh.capture_time[starts[run]]
    # The first run of a sensor may go on with the one that the last batch ended in.
    sensor = fresh.sensor[starts]
    goes_on = runs([fresh.sensor])[starts]
    goes_on &= fresh.raw_temperature[starts] == last.raw_temperature[sensor]
    goes_on &= fresh.raw_humidity[starts] == last.raw_humidity[sensor]
    samples = samples + np.where(goes_on, last.flat_samples[sensor], 0)[run]
    return Run(np.where(goes_on[run], last.flat_since[sensor][run], since), samples)


def with_flat_lines(fresh: Readings, run: Run, rule: FlatRule) -> Readings:
    """Marks the readings of a stuck sensor, from the one on that shows that it is."""
    if not rule.samples:
        return fresh
    lasted = fresh.capture_time - run.since >= rule.duration / timedelta(microseconds=1)
    is_flat = (run.samples >= rule.samples) & lasted & (fresh.quality == GOOD)
    return replace(fresh, quality=np.where(is_flat, np.int16(FLAT), fresh.quality))


def clock_skews(tops: Readings, last: Last) -> Floats:
    """Returns how far each sensor's clock is ahead, in seconds; `tops` are the newest readings of some of them."""
    shown = (tops.capture_time - microseconds(tops.receive_time)) / 1e6
    before = last.clock_skew_s[tops.sensor]
    is_quicker = ~(shown < before)  # also where there was none before
    skews = np.nan_to_num(last.clock_skew_s)
    skews[tops.sensor] = np.round(np.where(is_quicker, shown, before + (shown - before) / FORGETTING), 3)
    return skews
