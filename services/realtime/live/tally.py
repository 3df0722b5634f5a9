"""How many sensors are well and how hot it is, by factories. Pure.

There may be a hundred thousand sensors, and each is looked at: so they are counted by places first, in few steps each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from services.common.epoch import moment_of
from services.common.telemetry.factories import FactoryLabels
from services.directory.domain import Directory
from services.heat.judging import Rules, judge
from services.heat.levels import LEVELS, severity
from services.heat.quality import GOOD, IMPLAUSIBLE, REASONS
from services.realtime.live.domain import Reading, Where

METRIC = "pcv_temperature"
UNKNOWN = "unknown"
PLACES = (*LEVELS, UNKNOWN)
# What a sensor can be: its last reading's worth, silent for too long, or in service and never heard.
_WORTH = {GOOD: "good", **REASONS}
_STALE, _NEVER = max(_WORTH) + 1, max(_WORTH) + 2
_QUALITIES = _WORTH | {_STALE: "stale", _NEVER: "never"}
SENSORS = tuple(_QUALITIES.values())
_NOWHERE, _COLD = -1, float("-inf")


class Shown(Protocol):
    """A sensor's newest reading, where it is, None where it is not shown, and whether it is stale."""

    reading: Reading
    where: Where | None
    is_stale: bool


class _Place:
    """What is at a place: how many sensors by the codes of their qualities, the worst level, and the highest value."""

    __slots__ = ("factory", "highest", "rung", "sensors")

    def __init__(self, factory: str) -> None:
        self.factory = factory
        self.sensors = [0] * (_NEVER + 1)
        self.rung = _NOWHERE
        self.highest = _COLD


class Tally:
    """Counts what is shown.

    Attributes:
        newest: the capture time of the newest reading, in microseconds since 1970; None without any.
    """

    def __init__(self, directory: Directory | None, rules: Rules | None) -> None:
        """Takes where sensors are and how they are judged; None for what was never known."""
        self._directory = directory
        self._rules = rules
        self._labels = FactoryLabels({place.factory for place in directory.places.values()} if directory else ())
        self._places: dict[str, _Place] = {}
        self._rungs: dict[float, int] = {}  # of values, for sensors that have no limits of their own
        self.newest: int | None = None

    def add(self, entries: Iterable[Shown]) -> None:
        """Counts sensors; each comes once."""
        places, newest = self._places, self.newest or 0
        for entry in entries:
            where, reading = entry.where, entry.reading
            if where is None:
                continue
            place = places.get(where.loc_id) or self._place(where.loc_id)
            newest = max(newest, reading.capture_time)
            if entry.is_stale:
                place.sensors[_STALE] += 1
                continue
            # One that a newer program has stored is suspect for a reason that is not known here.
            place.sensors[reading.quality if reading.quality in _WORTH else IMPLAUSIBLE] += 1
            value = reading.pcv_temperature
            if value is not None:
                place.highest = max(place.highest, value)
                place.rung = max(place.rung, self._rung(reading, value))
        self.newest = newest or None

    def add_unheard(self, names: Iterable[str]) -> None:
        """Counts sensors in service that have never sent anything."""
        sensors = self._directory.sensors if self._directory else {}
        for name in names:
            loc_id = sensors[name].loc_id
            (self._places.get(loc_id) or self._place(loc_id)).sensors[_NEVER] += 1

    def sensors(self) -> Mapping[tuple[str, str], int]:
        """Returns how many sensors each factory has of each of SENSORS."""
        counts = self._zeros(SENSORS)
        for place in self._places.values():
            for code, word in _QUALITIES.items():
                if place.sensors[code]:
                    counts[place.factory, word] += place.sensors[code]
        return counts

    def places(self) -> Mapping[tuple[str, str], int]:
        """Returns how many places with sensors each factory has of each of PLACES, by the worst of its sensors."""
        counts = self._zeros(PLACES)
        for place in self._places.values():
            counts[place.factory, PLACES[place.rung]] += 1  # the last one, where there is none
        return counts

    def highest(self) -> Mapping[tuple[str], float]:
        """Returns the highest perceived temperature of each factory that has one."""
        found: dict[tuple[str], float] = {}
        for place in self._places.values():
            if place.highest > found.get((place.factory,), _COLD):
                found[place.factory,] = place.highest
        return found

    def _place(self, loc_id: str) -> _Place:
        known = self._directory.places.get(loc_id) if self._directory else None
        place = self._places[loc_id] = _Place(self._labels.of(known.factory if known else None))
        return place

    def _zeros(self, words: Sequence[str]) -> Counter[tuple[str, str]]:
        return Counter({(factory, word): 0 for factory in self._labels.all for word in words})

    def _rung(self, reading: Reading, value: float) -> int:
        rules = self._rules
        if rules is None:
            return _NOWHERE
        if rules.mapped and (reading.sensor_id, METRIC) in rules.mapped:
            return _severity(judge(value, rules.bands(reading.sensor_id, METRIC, moment_of(reading.capture_time))))
        # Values are tenths of a degree: there are few of them.
        rung = self._rungs.get(value)
        if rung is None:
            rung = self._rungs[value] = _severity(judge(value, rules.everywhere.get(METRIC, ())))
        return rung


def _severity(level: str | None) -> int:
    return _NOWHERE if level is None else severity(level)
