"""Sensors that go through seeded dangers, and which alerts must come of it, told without asking the code.

Moments are whole milliseconds since 1970.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEVELS = ("green", "yellow", "orange", "red", "critical")
# In the middle of each level's band, further from the next one than the hysteresis and what is added by chance.
PERCEIVED = (27.0, 32.0, 34.0, 36.5, 40.0)


def moment_of(milliseconds):
    return EPOCH + timedelta(milliseconds=milliseconds)


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that must have been raised, once. `events` are (what, level, when), the last one the clearing."""

    sensor_id: str
    events: tuple[tuple[str, str, datetime], ...]

    @property
    def begin(self):
        return self.events[0][2]

    @property
    def end(self):
        return self.events[-1][2]

    @property
    def highest(self):
        return max((level for _, level, _ in self.events), key=LEVELS.index)


class Story:
    """A sensor's readings, made batch by batch, in the order in which they are measured.

    Args:
        chance: decides which dangers there are, and for how long.
        wait_ms: for how long a level must last until it counts.
    """

    def __init__(self, sensor_id, chance, wait_ms):
        self.sensor_id = sensor_id
        self.sent: list[tuple[int, int]] = []
        self.moment = int(time.time() * 1000) - 480_000
        self._chance = chance
        self._levels = _levels(chance)
        self._wait_ms = wait_ms

    @property
    def is_ahead(self):
        """Whether the next readings would come from the future."""
        return self.moment > time.time() * 1000 - 5_000

    def rows(self, count):
        return [self._row(next(self._levels)) for _ in range(count)]

    def calm(self):
        """The last readings, which end any danger."""
        return [self._row(0) for _ in range(3)]

    def _row(self, level):
        self.moment += self._chance.randint(50, 150)
        self.sent.append((self.moment, level))
        return {
            "sensor_id": self.sensor_id,
            "capture_time": moment_of(self.moment).isoformat(),
            "temperature": round(30 + self._chance.uniform(0, 1), 2),
            "humidity": round(self._chance.uniform(40, 60), 1),
            "pcv_temperature": round(PERCEIVED[level] + self._chance.uniform(-0.3, 0.3), 1),
        }

    def expected(self):
        """The alerts, in order: what the rules say, written down a second time."""
        since: dict[int, int] = {}
        current = 0
        events: list[tuple[str, str, datetime]] = []
        for moment, level in self.sent:
            since = {rung: since.get(rung, moment) for rung in range(1, level + 1)}
            due = max((rung for rung, begun in since.items() if moment >= begun + self._wait_ms), default=0)
            what, told = _change(current, due, level)
            if what:
                events.append((what, LEVELS[told], moment_of(moment)))
                current = 0 if what == "cleared" else told
        return _episodes(self.sensor_id, events)


def _levels(chance) -> Iterator[int]:
    yield from [0] * chance.randint(60, 200)
    while True:
        before = 0
        for _ in range(chance.randint(1, 5)):
            before = chance.choice([level for level in range(1, 5) if level != before])
            yield from [before] * chance.randint(3, 60)
        yield from [0] * chance.choice((3, 100, 400))


def _change(current, due, level):
    """What a reading changes of an alert of the current level, 0 for none, and the level that is told with it."""
    if not current:
        return ("raised", due) if due else (None, 0)
    if due > current:
        return "level_up", due
    if not level:
        return "cleared", current
    return ("level_down", level) if level < current else (None, 0)


def _episodes(sensor_id, events: Sequence[tuple[str, str, datetime]]) -> list[Expected]:
    found, begin = [], 0
    for end, (what, _, _) in enumerate(events, 1):
        if what == "cleared":
            found.append(Expected(sensor_id, tuple(events[begin:end])))
            begin = end
    assert begin == len(events), f"{sensor_id} is left in danger"
    return found
