"""Traces: readings in a compact notation, and what happens at each.

A reading is `time value [!] [+delay] [-> what happens]`, times in seconds after noon. `!` is a suspect reading, `+` how
long it took to come. What happens is a word and the level, such as `raised:red`, several of them with commas.
`rules NAME` changes the rules, at the time that is given before it.
"""

import re

from services.alert.evaluate.journal import Journal
from services.alert.evaluate.judging import Judging, Reading
from services.alert.evaluate.rulebook import Rulebook
from services.alert.evaluate.tuning import SECOND, Tuning
from services.alert.evaluate.watch import Watch, dump, load
from services.directory.domain import Directory, Place, Sensor
from services.heat.judging import Band, Rules
from services.heat.levels import LEVELS

INF = float("inf")
NOON = 1_784_109_600 * SECOND
GOOD, FLAT = 1, 3
NAN = float("nan")


def heat(duration_s=60, first=1):
    """The legal ladder, each level with a threshold of its own."""
    limits = (-INF, 31, 33, 35, 38, INF)
    bands = zip(limits, limits[1:], LEVELS, strict=False)
    return [Band(low, high, level, first + n, None, duration_s) for n, (low, high, level) in enumerate(bands)]


RULES = {
    "heat": heat(),
    "at once": heat(0),
    "slow": heat(600),
    "lower": [Band(30, 32, "orange", 21), Band(32, INF, "red", 22)],
    "higher": [Band(-INF, 39, "green", 1), Band(39, INF, "red", 4)],
    "red later": [Band(33, 35, "orange", 3, None, 0), Band(35, INF, "red", 4, None, 300)],
    "cold": [Band(-INF, 0, "red", 11), Band(0, 5, "orange", 12), Band(5, 10, "yellow", 13)],
    "gap": [Band(-INF, 31, "green", 1), Band(33, 35, "orange", 3), Band(35, INF, "red", 4)],
    "no red": heat()[:3],
    "orange later": [Band(-INF, 36, "green", 1), Band(36, 38, "orange", 3)],
    "red elsewhere": [Band(34, INF, "red", 99, None, 0)],
    "none": [],
}
_LINE = re.compile(r"(\d+) ([-\d.]+)( !)?(?: \+(\d+))?(?: -> (.+))?")
_CHANGE = re.compile(r"(\d+) rules ([a-z ]+)(?: -> (.+))?")


class Run:
    """One sensor that is judged. With `restarting`, all that is known of it goes through its text after each step."""

    def __init__(self, rules, *, interval_s=60, restarting=False, **tuning):
        self._tuning = Tuning(**tuning)
        self._interval_s = interval_s
        self._restarting = restarting
        self._last = None
        self._revision = 0
        self.watch = Watch()
        self.set_rules(rules)

    def set_rules(self, name):
        self._revision += 1
        bands = RULES[name]
        rules = Rules({"pcv_temperature": bands} if bands else {}, {}, self._revision)
        sensor = Sensor("s", "A-1", True, self._interval_s, "summer", [])
        place = Place("A-1", "P", "Newark", "Terminal B", 1, "Ramp")
        self._rulebook = Rulebook(rules, Directory(1, {"s": sensor}, {"A-1": place}), self._tuning)

    def step(self, act):
        """Does something to a fresh journal; returns it, and what happened as words."""
        if self._restarting:
            self.watch = load(dump(self.watch))
        journal = Journal()
        act(Judging(self._rulebook, journal))
        words = []
        for number, episode in enumerate(journal.episodes):
            if episode.raised is not None:
                late = " late" if episode.raised["quiet"] else ""
                words.append(f"raised:{episode.raised['alert_level']}{late}")
                episode.alert.alert_id = number + 1
            words += [f"{told.event_type}:{told.level}" for told in episode.told]
        return journal, ", ".join(words)

    def read(self, at, value, *, quality=GOOD, delay=0):
        time = NOON + at * SECOND
        values = (NAN, NAN, value)
        self._last = Reading("s", "A-1", self._interval_s * SECOND, time, time + delay * SECOND, values, quality)
        return self.step(lambda judging: judging.take(self.watch, self._last))

    def change(self, at, name, *, is_silent=False):
        self.set_rules(name)
        now = NOON + at * SECOND
        return self.step(lambda judging: judging.again(self.watch, self._last, now, is_silent=is_silent))

    def line(self, text):
        """Does a line of a trace; returns what happened and what it says should have."""
        if match := _CHANGE.fullmatch(text):
            at, name, wanted = match.groups()
            return self.change(int(at), name)[1], wanted or ""
        match = _LINE.fullmatch(text)
        assert match, text
        at, value, suspect, delay, wanted = match.groups()
        quality = FLAT if suspect else GOOD
        return self.read(int(at), float(value), quality=quality, delay=int(delay or 0))[1], wanted or ""


def lines(trace):
    return [line.strip() for line in trace.strip().splitlines()]
