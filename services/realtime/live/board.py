"""What is measured now, in memory: each sensor's newest reading, judged and rendered. Pure; time is an argument."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from services.common.epoch import moment_of
from services.directory.domain import Directory, PlaceFilter
from services.heat.judging import Rules, judge
from services.heat.levels import METRICS
from services.heat.quality import GOOD as GOOD_CODE
from services.realtime.live.domain import (
    DEFAULT_INTERVAL_S,
    GOOD,
    STALE,
    STALE_AFTER_INTERVALS,
    SUSPECT,
    Changes,
    Levels,
    Reading,
    Render,
    Where,
)

_NEVER = -(2**62)  # the capture_time of a sensor whose readings are gone
_NO_LEVELS: Levels = (None, None, None)


class _Entry:
    """One sensor.

    Attributes:
        seq: the batch of the log that the reading came in; 0 where it was there when the board was loaded.
        where: None where the sensor is not shown.
        deadline: when it turns stale, in microseconds since 1970.
        is_queued: whether the heap of deadlines has its one item.
        body: what was rendered, or None where that is out of date: then nobody has seen the entry as it is.
        levels: those of the body.
        version: that of the last change.
        left: where it was shown before, each with the version and the seq at which it left.
    """

    __slots__ = ("body", "deadline", "is_queued", "is_stale", "left", "levels", "reading", "seq", "version", "where")

    def __init__(self, reading: Reading, version: int) -> None:
        self.reading = reading
        self.seq = 0
        self.where: Where | None = None
        self.is_stale = False
        self.is_queued = False
        self.deadline = 0
        self.body: bytes | None = None
        self.levels = _NO_LEVELS
        self.version = version
        self.left: dict[Where, tuple[int, int]] = {}


class Board:
    """The newest readings, as somebody would see them.

    Attributes:
        now: the time that staleness was last judged at, in microseconds since 1970.
        version: rises with every change that somebody could see.
        seq: the last batch of the log that is in it.
        loaded_from: after this batch it is known what became of each sensor.
        known_from: after this batch, not a later one, it is known which sensors have sent.
        notes: what cannot be relied upon now, and the version since when.
    """

    def __init__(self, render: Render) -> None:
        self._render = render
        self._entries: dict[str, _Entry] = {}  # by name, in the order of their last changes
        self._names: list[str] = []  # ascending, but for those that came last
        self._sorted = 0  # how many of them are in order
        self._directory: Directory | None = None
        self._rules: Rules | None = None
        self._deadlines: list[tuple[int, str]] = []
        self.now = 0
        self.version = 0
        self.seq = 0
        self.loaded_from = 0
        self.known_from = 0
        self.notes: tuple[str, ...] = ()
        self.notes_version = 0

    # What happens to it.

    def load(self, readings: Iterable[Reading], seq: int) -> None:
        """Takes everything that is stored at one moment, in place of what was here."""
        version = self.version + 1
        self.seq = self.loaded_from = self.known_from = seq
        gone = dict(self._entries)
        for reading in readings:
            entry = gone.pop(reading.sensor_id, None)
            if entry is None or entry.reading != reading:
                self._put(reading, version)
        for entry in gone.values():
            entry.reading = entry.reading._replace(capture_time=_NEVER)
            self._settle(entry, version)
        for entry in self._entries.values():
            entry.seq = 0

    def apply(self, seq: int, readings: Iterable[Reading]) -> None:
        """Takes a batch of the log; readings that are not newer than what is here change nothing."""
        version = self.version + 1
        self.seq = seq
        for reading in readings:
            entry = self._entries.get(reading.sensor_id)
            if entry is None or reading.capture_time > entry.reading.capture_time:
                self._put(reading, version).seq = seq

    def set_directory(self, directory: Directory | None) -> None:
        """Shows the sensors that are in the directory and active, where it says that their places are."""
        self._directory = directory
        version = self.version + 1
        for entry in list(self._entries.values()):
            self._settle(entry, version)
        # An interval may have become shorter, and an item of the heap is never late otherwise.
        waiting = [entry for entry in self._entries.values() if entry.is_queued]
        self._deadlines = [(entry.deadline, entry.reading.sensor_id) for entry in waiting]
        heapq.heapify(self._deadlines)

    def set_rules(self, rules: Rules | None) -> None:
        """Judges all that somebody may have seen by other rules."""
        self._rules = rules
        version = self.version + 1
        for entry in list(self._entries.values()):
            if entry.body is not None and self._levels(entry.reading) != entry.levels:
                self._touch(entry, version)

    def set_notes(self, notes: Sequence[str]) -> None:
        """Notes what cannot be relied upon now."""
        if tuple(notes) != self.notes:
            self.notes = tuple(notes)
            self.version += 1
            self.notes_version = self.version

    def advance(self, now: int) -> None:
        """Lets time go on: a sensor that has been silent for three intervals turns stale."""
        self.now = now
        version = self.version + 1
        while self._deadlines and self._deadlines[0][0] < now:
            _, name = heapq.heappop(self._deadlines)
            entry = self._entries[name]
            entry.is_queued = False
            self._settle(entry, version)

    def learn(self, known_from: int, batches: Iterable[tuple[int, Iterable[str]]]) -> None:
        """Learns which sensors sent in earlier batches of the log: all those after `known_from`, each with its seq."""
        self.known_from = known_from
        for seq, names in batches:
            for name in names:
                entry = self._entries.get(name)
                if entry is not None:
                    entry.seq = max(entry.seq, seq)

    # What can be seen of it.

    def entries(self) -> list[_Entry]:
        """Returns all sensors that ever sent, those that are not shown among them."""
        return list(self._entries.values())

    def unheard(self, names: Set[str]) -> Set[str]:
        """Returns those of some sensors that have not sent yet."""
        return names - self._entries.keys()

    def snapshot(self, wanted: PlaceFilter) -> Sequence[bytes]:
        """Returns the measurements that fit, by ascending sensor_id."""
        if self._sorted < len(self._names):
            self._names.sort()
            self._sorted = len(self._names)
        entries = self._entries
        # A place is tested once, not once for each of its sensors.
        fits: dict[str, bool] = {}
        shown = []
        for name in self._names:
            entry = entries[name]
            if entry.where is not None:
                loc_id = entry.where.loc_id
                if loc_id not in fits:
                    fits[loc_id] = entry.where.fits(wanted)
                if fits[loc_id]:
                    shown.append(entry.body or self._draw(entry))
        return shown

    def changes(self, version: int, wanted: PlaceFilter) -> Changes:
        """Returns what somebody does not know yet who has seen everything up to a version."""
        return self._told(self._since(version), wanted, lambda left: left[0] > version)

    def last_change(self, version: int, wanted: PlaceFilter) -> int:
        """Returns the version of the last change that concerns what is wanted, or `version` where none came after."""
        last = max(version, self.notes_version)
        for entry in self._since(last):
            shown_before = (where for where, left in entry.left.items() if left[0] > version)
            if any(where.fits(wanted) for where in (entry.where, *shown_before) if where is not None):
                return entry.version
        return last

    def can_tell(self, seq: int, wanted: PlaceFilter) -> bool:
        """Tells whether `changes_after` holds for a batch of the log."""
        return (self.known_from if wanted.is_any else self.loaded_from) <= seq <= self.seq

    def changes_after(self, seq: int, moment: int, wanted: PlaceFilter) -> Changes:
        """Returns what somebody does not know yet who has seen everything up to a batch of the log and a moment.

        It holds where `can_tell` says so, while directory and rules are the same as then.
        """
        news = [e for e in self._entries.values() if e.seq > seq or (e.is_stale and e.deadline >= moment)]
        return self._told(news, wanted, lambda left: left[1] > seq)

    # Inside.

    def _put(self, reading: Reading, version: int) -> _Entry:
        entry = self._entries.get(reading.sensor_id)
        if entry is None:
            entry = self._entries[reading.sensor_id] = _Entry(reading, self.version)
            self._names.append(reading.sensor_id)
        entry.reading = reading
        self._settle(entry, version, is_new=True)
        return entry

    def _settle(self, entry: _Entry, version: int, *, is_new: bool = False) -> None:
        """Works out where an entry is shown and whether it is stale, and notes it if somebody could see a change."""
        reading, directory = entry.reading, self._directory
        sensor = directory.sensors.get(reading.sensor_id) if directory else None
        interval_s = sensor.interval_s if sensor else DEFAULT_INTERVAL_S
        entry.deadline = reading.capture_time + STALE_AFTER_INTERVALS * interval_s * 1_000_000
        is_stale = entry.deadline < self.now
        where = None
        if reading.capture_time != _NEVER and (directory is None or (sensor is not None and sensor.is_active)):
            where = Where(reading.loc_id, directory.places.get(reading.loc_id) if directory else None)
        before = entry.where
        if where != before or (where is not None and (is_new or is_stale != entry.is_stale)):
            if where != before and before is not None:
                entry.left[before] = (version, self.seq)
            self._touch(entry, version)
        entry.where, entry.is_stale = where, is_stale
        if not is_stale and not entry.is_queued:
            entry.is_queued = True
            heapq.heappush(self._deadlines, (entry.deadline, reading.sensor_id))

    def _touch(self, entry: _Entry, version: int) -> None:
        self.version = entry.version = version
        entry.body = None
        name = entry.reading.sensor_id
        self._entries[name] = self._entries.pop(name)

    def _draw(self, entry: _Entry) -> bytes:
        reading = entry.reading
        quality = STALE if entry.is_stale else GOOD if reading.quality == GOOD_CODE else SUSPECT
        if entry.where is None:
            raise ValueError(f"{reading.sensor_id} is not shown")
        entry.levels = self._levels(reading)
        entry.body = self._render(reading, quality, entry.where, entry.levels)
        return entry.body

    def _levels(self, reading: Reading) -> Levels:
        rules = self._rules
        if rules is None:
            return _NO_LEVELS
        moment = moment_of(reading.capture_time)
        values = (reading.temperature, reading.humidity, reading.pcv_temperature)
        first, second, third = (
            None if value is None else judge(value, rules.bands(reading.sensor_id, metric, moment))
            for metric, value in zip(METRICS, values, strict=True)
        )
        return first, second, third

    def _told(self, news: Iterable[_Entry], wanted: PlaceFilter, is_news: Callable[[tuple[int, int]], bool]) -> Changes:
        measurements, removed = [], []
        for entry in news:
            if entry.where is not None and entry.where.fits(wanted):
                measurements.append(entry.body or self._draw(entry))
            elif entry.left and any(is_news(left) and where.fits(wanted) for where, left in entry.left.items()):
                removed.append(entry.reading.sensor_id)
        return Changes(measurements, removed)

    def _since(self, version: int) -> Iterator[_Entry]:
        for entry in reversed(self._entries.values()):
            if entry.version <= version:
                return
            yield entry
