"""What is done for many sensors at once comes to what is done for each reading by itself."""

import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2

from services.alert.evaluate.batch import batch_of, fresh
from services.alert.evaluate.journal import Journal
from services.alert.evaluate.judging import Judging, Reading
from services.alert.evaluate.rulebook import Rulebook
from services.alert.evaluate.tuning import SECOND, Tuning
from services.alert.evaluate.watch import Watch, dump
from services.alert.evaluate.work import EvaluationWork
from services.common.clock import system_clock
from services.common.epoch import microseconds, moment_of
from services.common.reading_log import ReadingSlice
from services.directory.domain import Directory, Place, Sensor
from services.heat.judging import Band, MappedBand, Rules
from services.heat.levels import LEVELS, METRICS
from tests.alert.evaluate.traces import INF, NAN, NOON, RULES

SENSORS = [f"s{n}" for n in range(12)]


def rules(heat="heat"):
    """Rules of every kind: for all, for some sensors, for some time, and of a metric without any."""
    everywhere = {
        "pcv_temperature": RULES[heat],
        "humidity": [Band(-INF, 40, "orange", 31), Band(40, 80, "green"), Band(80, INF, "red", 32)],
        # A peak among bands that are no ladder: which way the danger grows depends on where one is.
        "temperature": [Band(0, 2, "orange", 51), Band(2, 4, "red", 52, None, 0), Band(4, 6, "yellow", 53)],
    }
    bands = everywhere["temperature"]
    levels = ("yellow", "red", "orange")
    mirrored = [MappedBand(replace(band, level=level), None, None) for band, level in zip(bands, levels, strict=True)]
    own = [MappedBand(Band(32, 1e9, "critical", 41, 1, 0), None, None)]
    dated = [MappedBand(Band(30, 1e9, "red", 42, 2, 30), moment_of(NOON), moment_of(NOON + 200 * SECOND))]
    mapped = {("s1", "pcv_temperature"): own, ("s2", "pcv_temperature"): dated, ("s7", "temperature"): mirrored}
    return Rules(everywhere, mapped, 3)


def directory():
    sensors = {name: Sensor(name, "A-1", True, 10 if n % 4 else 60, "summer", []) for n, name in enumerate(SENSORS)}
    return Directory(1, sensors, {"A-1": Place("A-1", "P", "F", "B", 1, "A")})


@dataclass
class Followed:
    value: Any
    digest: str = "x"
    degraded: str | None = None


def slice_of(seq, receive, rows):
    """A slice of rows of (sensor, capture, temperature, humidity, perceived temperature, quality)."""
    rows = sorted(rows, key=lambda row: row[:2])
    names = sorted({row[0] for row in rows})
    columns = list(zip(*rows, strict=True))
    return ReadingSlice(
        seq=seq,
        append_time=moment_of(receive),
        receive_time=moment_of(receive),
        series=[log_pb2.Series(sensor_id=name, loc_id="A-1") for name in names],
        series_index=np.array([names.index(name) for name in columns[0]], np.uint32),
        capture_time_us=np.array(columns[1], np.int64),
        temperature=np.array(columns[2]),
        humidity=np.array(columns[3]),
        pcv_temperature=np.array(columns[4]),
        quality=np.array(columns[5], np.uint32),
    )


class Weather:
    """What each sensor measures: mostly a little more or less than before, so that levels are held and left."""

    def __init__(self, chance):
        self._chance = chance
        self._last = {}

    def __call__(self, name):
        chance, last = self._chance, self._last.get(name)
        if last is None or chance.random() < 0.1:
            last = (chance.uniform(-2, 8), chance.uniform(30, 90), chance.uniform(29, 39))
        scales = (0.4, 3, 0.4)
        last = tuple(round(v + chance.uniform(-s, s), 1) for v, s in zip(last, scales, strict=True))
        self._last[name] = last
        # Most have one metric that is ever in danger: with three of them something always happens.
        if name in SENSORS[:6]:
            return (-5.0, 50.0, NAN if chance.random() < 0.05 else last[2])
        if name in SENSORS[6:9]:
            return (last[0], 50.0, 25.0)
        return last


def slices_at_random(chance, begin, weather):
    """What comes in a few transactions: in order and not, late, doubtful, without a perceived temperature."""
    slices, now = [], begin
    for seq in range(chance.randint(1, 4)):
        now += chance.choice([1, 10, 60, 1500]) * SECOND
        rows = {}
        for _ in range(chance.randint(1, 40)):
            capture = now - chance.choice([0, 1, 5, 10, 20, 60, 60, 120, 1000, 4000]) * SECOND
            quality = chance.choice([1] * 20 + [3])
            name = chance.choice(SENSORS)
            rows[name, capture] = (name, capture, *weather(name), quality)
        slices.append(slice_of(seq, now, rows.values()))
    return slices, now


class OneByOne:
    """Judges each reading by itself."""

    def __init__(self):
        self.last = dict.fromkeys(SENSORS, -1)
        self.watches = {name: Watch() for name in SENSORS}

    def take(self, slices, judging, rulebook):
        for part in slices:
            receive = microseconds(part.receive_time)
            for n in range(len(part)):
                name = part.series[part.series_index[n]].sensor_id
                capture = part.capture_time_us[n].item()
                if capture > self.last[name]:
                    self.last[name] = capture
                    values = [getattr(part, metric)[n].item() for metric in METRICS]
                    interval = rulebook.known(name).interval
                    quality = part.quality[n].item()
                    judging.take(self.watches[name], Reading(name, "A-1", interval, capture, receive, values, quality))

    def states(self):
        """All that is known of the sensors that have sent anything."""
        return {name: state(self.watches[name]) for name in SENSORS if self.last[name] >= 0}


def state(watch):
    """All that is known of a sensor."""
    return dump(watch), {key: alert.value for key, alert in watch.alerts.items()}


def written(journal, ids):
    """All that a journal has to say, each alert by its number."""
    found = []
    for episode in sorted(journal.episodes, key=lambda e: (e.sensor_id, e.key)):
        if episode.alert.alert_id is None:
            episode.alert.alert_id = ids.setdefault((episode.sensor_id, episode.key), 0) + 1
            ids[episode.sensor_id, episode.key] += 1
        numbered = (episode.alert.alert_id, episode.alert.level)
        found.append((episode.sensor_id, episode.key, numbered, episode.raised, episode.fields, episode.told))
    return found


class Both:
    """Takes the same readings together and one by one."""

    def __init__(self, tuning):
        self.rules = Followed(rules(), "1")
        self._tuning = tuning
        self.work = EvaluationWork(self.rules, Followed(directory()), None, tuning, system_clock)  # type: ignore[arg-type]
        self._ids: tuple[dict[tuple[str, str], int], ...] = ({}, {})
        self.one_by_one = OneByOne()
        self.happened = 0
        self.change(rules())

    def change(self, to):
        """Has other rules hold."""
        self.rules.value, self.rules.digest = to, f"{self.rules.digest}+"
        self.work._renewed()
        self._rulebook = Rulebook(to, directory(), self._tuning)

    async def take(self, slices):
        together, single = Journal(), Journal()
        await self.work._take(slices, Judging(self._rulebook, together))
        self.one_by_one.take(slices, Judging(self._rulebook, single), self._rulebook)
        assert written(together, self._ids[0]) == written(single, self._ids[1])
        known = filter(self.work._table.knows, SENSORS)
        assert {name: state(self.work._table.watch(name)) for name in known} == self.one_by_one.states()
        self.happened += sum(len(episode.told) for episode in single.episodes)


@pytest.mark.parametrize("off_delay", [0, 60 * SECOND])
@pytest.mark.parametrize("seed", range(12))
async def test_many_at_once_come_to_what_each_by_itself_does(seed, off_delay):
    chance = random.Random(seed)
    both, now, weather = Both(Tuning(off_delay=off_delay)), NOON, Weather(chance)
    for number in range(25):
        if number % 10 == 9:
            both.change(rules("higher" if number % 20 == 9 else "heat"))
        slices, now = slices_at_random(chance, now, weather)
        await both.take(slices)
    assert both.happened > 20, "nothing happened: the test shows nothing"


durations = st.sampled_from([60, 0, 300])
# A ladder, each level up to a degree above the one before; and bands as a person may type them in, with gaps and
# overlaps.
ladders = st.lists(st.tuples(st.sampled_from(LEVELS), durations), min_size=2, max_size=5).map(
    lambda steps: [Band(30 + n, 31 + n, level, 60 + n, None, duration) for n, (level, duration) in enumerate(steps)]
)
any_bands = st.lists(
    st.builds(
        lambda low, width, level, duration: Band(low, low + width, level, low, None, duration),
        st.integers(28, 36),
        st.sampled_from([1, 2, 3, INF]),
        st.sampled_from(LEVELS),
        durations,
    ),
    min_size=1,
    max_size=5,
)
# Of one sensor: how long after the one before, how much more or less than before, whether it can be trusted, how long
# it took, and whether the next belong to another transaction.
steps = st.lists(
    st.tuples(
        st.sampled_from([10, 10, 10, 10, 1, 60, 1500]),
        st.sampled_from([0, 1, -1, 2, -2, 3, -3, 4, -4, 10, -10]),
        st.sampled_from([True] * 12 + [False]),
        st.sampled_from([0] * 12 + [5000]),
        st.booleans(),
    ),
    min_size=5,
    max_size=30,
)


@pytest.mark.parametrize("off_delay", [0, 60 * SECOND])
@settings(max_examples=200, deadline=None)
@given(bands=ladders | any_bands, courses=st.lists(st.tuples(st.integers(295, 345), steps), min_size=3, max_size=4))
async def test_whatever_sensors_measure_it_comes_to_the_same_at_once_and_one_by_one(bands, courses, off_delay):
    both = Both(Tuning(off_delay=off_delay))
    both.change(Rules({"pcv_temperature": bands}, {}, 4))
    transactions: dict[int, dict[tuple[str, int], Any]] = {}
    for name, (begin, course) in zip(SENSORS[1:], courses, strict=False):
        now, tenths, number = NOON, begin, 0
        for after, more, is_good, took, is_last in course:
            now, tenths, number = now + after * SECOND, tenths + more, number + is_last
            values = (-5.0, 50.0, tenths / 10)
            rows = transactions.setdefault(2 * number + (took > 0), {})
            rows[name, now] = (name, now, *values, 1 if is_good else 3)
    for number, rows in sorted(transactions.items()):
        newest = max(capture for _, capture in rows)
        await both.take([slice_of(number, newest + number % 2 * 5000 * SECOND, rows.values())])


def test_a_reading_is_new_that_is_newer_than_all_that_came_of_its_sensor_before():
    chance = random.Random(5)
    for _ in range(200):
        slices, _ = slices_at_random(chance, NOON, Weather(chance))
        batch = batch_of(slices, lambda names, _: [int(name[1:]) for name in names])
        before = np.array([NOON - chance.choice([0, 10, 4000]) * SECOND for _ in SENSORS])
        seen = before.copy()
        wanted = []
        for row, capture in zip(batch.row.tolist(), batch.capture.tolist(), strict=True):
            wanted.append(capture > seen[row])
            seen[row] = max(seen[row], capture)
        assert fresh(batch, before[batch.row]).tolist() == wanted
