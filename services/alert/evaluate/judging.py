"""Takes sensors from one state to the next: by a reading, by other rules, by silence, by being removed. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.alert.domain import CLEARS, DATA_BACK, NO_DATA, NORMAL, RAISED, RULE_REMOVED, SENSOR_REMOVED, SUSPECT
from services.alert.evaluate.journal import Episode, Journal, Subject
from services.alert.evaluate.machine import NOTHING, Happening, Judge, Machine, Measured
from services.alert.evaluate.rulebook import Rulebook
from services.alert.evaluate.tuning import NEVER, SECOND
from services.alert.evaluate.watch import KEYS, Watch
from services.common.epoch import moment_of
from services.heat.ladder import Ladder
from services.heat.levels import METRICS
from services.heat.quality import GOOD, REASONS


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one sensor; times in microseconds, NaN for a value that is not there."""

    sensor_id: str
    loc_id: str
    interval: int
    capture: int
    receive: int
    values: Sequence[float]
    quality: int


class Judging:
    """Judges by one rulebook, and writes into a journal what comes of it. A watch is changed in place."""

    def __init__(self, rulebook: Rulebook, journal: Journal) -> None:
        self._rulebook = rulebook
        self._journal = journal

    @property
    def episodes(self) -> Sequence[Episode]:
        """What has come of it so far."""
        return self._journal.episodes

    def take(self, watch: Watch, reading: Reading) -> None:
        """Takes a reading that is newer than all before of its sensor."""
        if watch.is_silent:
            watch.is_silent = False
            self._end(watch, NO_DATA, reading, reading.receive, DATA_BACK)
        is_live = self._rulebook.tuning.is_live(reading.capture, reading.receive, reading.interval)
        if reading.quality != GOOD or SUSPECT in watch.machines:
            self._doubt(watch, reading, is_live=is_live)
        if not self._rulebook.has_rules:
            return
        for metric, value in zip(METRICS, reading.values, strict=True):
            machine = watch.machines.get(metric, NOTHING)
            judge = self._rulebook.judge(reading.sensor_id, metric, reading.interval, reading.capture)
            if judge is None:
                self._end(watch, metric, reading, reading.capture, RULE_REMOVED)
            elif value == value and (machine is not NOTHING or judge.ladder.rung(value)):  # noqa: PLR0124  NaN
                measured = Measured(reading.capture, value, reading.quality == GOOD, is_live)
                after, happened = judge.step(machine, measured)
                subject = self._subject(watch, metric, reading, judge.ladder)
                self._put(subject, after, [(h, NORMAL) for h in happened], measured)

    def again(self, watch: Watch, reading: Reading, now: int, *, is_silent: bool) -> None:
        """Judges a sensor's last reading by rules that are new.

        Args:
            watch: the sensor's.
            reading: its last one.
            now: the time.
            is_silent: whether it was long ago: then it ends what there is, and begins nothing.
        """
        is_live = self._rulebook.tuning.is_live(reading.capture, reading.receive, reading.interval)
        for metric, value in zip(METRICS, reading.values, strict=True):
            machine = watch.machines.get(metric, NOTHING)
            judge = self._rulebook.judge(reading.sensor_id, metric, reading.interval, reading.capture)
            if judge is None:
                self._end(watch, metric, reading, now, RULE_REMOVED)
            elif value == value and (machine.level or not is_silent):  # noqa: PLR0124  NaN
                alert = watch.alerts.get(metric)
                is_gone = alert is not None and alert.band not in bands_of(judge)
                # What a sensor said long ago is no proof that the danger is over.
                is_good = reading.quality == GOOD and not is_silent
                measured = Measured(reading.capture, value, is_good, is_live)
                after, happened = judge.again(machine, measured, is_gone=is_gone)
                # It is not the reading that ends it.
                reason = RULE_REMOVED if is_gone else NORMAL
                reasons = [(replace(h, time=now) if h.kind == CLEARS else h, reason) for h in happened]
                subject = self._subject(watch, metric, reading, judge.ladder)
                self._put(subject, after, reasons, measured)
                # While a rung of the new rules waits for its time, the alert says what it said.
                if after.level and not happened and judge.ladder.has(after.level):
                    self._journal.restate(subject, after, value)

    def fall_silent(self, watch: Watch, reading: Reading, now: int) -> None:
        """Notes that a sensor has said nothing for too long since its last reading, or ever."""
        watch.is_silent = True
        rung = self._rulebook.no_data_rung
        if rung:
            came = f"since {moment_of(reading.receive):%Y-%m-%dT%H:%M:%SZ}"
            if reading.capture == NEVER:
                came = "has come yet"
            every = reading.interval // SECOND
            what = f"no reading of {reading.sensor_id} {came}, where one every {every} s is expected,"
            happening = Happening(RAISED, now, math.nan, Machine(held=rung, level=rung))
            self._journal.note(self._subject(watch, NO_DATA, reading, what=what), happening)

    def remove(self, watch: Watch, reading: Reading, now: int) -> None:
        """Ends all dangers of a sensor that is not in service any more."""
        watch.is_silent = False
        for key in KEYS:
            self._end(watch, key, reading, now, SENSOR_REMOVED)

    def _doubt(self, watch: Watch, reading: Reading, *, is_live: bool) -> None:
        """Judges whether the sensor itself can be trusted."""
        value = 0.0 if reading.quality == GOOD else 1.0
        measured = Measured(reading.capture, value, is_live=is_live)
        after, happened = self._rulebook.suspicion.step(watch.machines.get(SUSPECT, NOTHING), measured)
        watch.put(SUSPECT, after)
        what = f"the readings of {reading.sensor_id} are {REASONS.get(reading.quality, 'good')}"
        subject = self._subject(watch, SUSPECT, reading, what=what)
        for happening in happened:
            self._journal.note(subject, happening, NORMAL if happening.kind == CLEARS else "")

    def _put(
        self, subject: Subject, machine: Machine, happened: Sequence[tuple[Happening, str]], measured: Measured
    ) -> None:
        """Keeps a machine, and notes what happened and why."""
        subject.watch.put(subject.key, machine)
        for happening, reason in happened:
            self._journal.note(subject, happening, reason if happening.kind == CLEARS else "")
        if machine.level:
            self._journal.judged(subject, measured.value, is_good=measured.is_good)

    def _end(self, watch: Watch, key: str, reading: Reading, time: int, reason: str) -> None:
        """Ends a danger whatever the readings say."""
        watch.put(key, NOTHING)
        if key in watch.alerts:
            happening = Happening(CLEARS, time, math.nan, Machine(level=watch.alerts[key].level))
            self._journal.note(self._subject(watch, key, reading), happening, reason)

    def _subject(
        self, watch: Watch, key: str, reading: Reading, ladder: Ladder | None = None, what: str = ""
    ) -> Subject:
        place = self._rulebook.place(reading.loc_id)
        return Subject(watch, key, reading.sensor_id, reading.loc_id, place, self._rulebook.revision, ladder, what)


def bands_of(judge: Judge) -> set[tuple[int | None, int | None]]:
    """Returns the thresholds and mappings that a sensor is judged by."""
    return {(band.threshold_id or None, band.map_id) for band in judge.ladder.bands}
