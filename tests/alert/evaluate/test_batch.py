"""What is done for many sensors at once comes to what is done for each reading by itself."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
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
from services.heat.levels import METRICS
from tests.alert.evaluate.traces import NOON, RULES

SENSORS = [f"s{n}" for n in range(12)]


def rules():
    """Rules of every kind: for all, for some sensors, for some time, and of a metric without any."""
    everywhere = {
        "pcv_temperature": RULES["heat"],
        "humidity": [Band(-9e9, 40, "orange", 31), Band(80, 9e9, "red", 32)],
    }
    own = [MappedBand(Band(32, 1e9, "critical", 41, 1, 0), None, None)]
    dated = [MappedBand(Band(30, 1e9, "red", 42, 2, 30), moment_of(NOON), moment_of(NOON + 200 * SECOND))]
    return Rules(everywhere, {("s1", "pcv_temperature"): own, ("s2", "pcv_temperature"): dated}, 3)


def directory():
    sensors = {name: Sensor(name, "A-1", True, 10 if n % 2 else 60, "summer", []) for n, name in enumerate(SENSORS)}
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


def slices_at_random(chance, begin):
    """What comes in a few transactions: in order and not, late, doubtful, without a perceived temperature."""
    slices, now = [], begin
    for seq in range(chance.randint(1, 4)):
        now += chance.choice([1, 10, 60, 1500]) * SECOND
        rows = {}
        for _ in range(chance.randint(1, 40)):
            capture = now - chance.choice([0, 1, 5, 10, 20, 60, 1000, 4000]) * SECOND
            pcv = chance.choice([float("nan"), 25.0, 30.5, 31.0, 32.4, 33.0, 34.6, 35.0, 35.2, 38.0])
            quality = chance.choice([1, 1, 1, 1, 3])
            name = chance.choice(SENSORS)
            rows[name, capture] = (
                name,
                capture,
                20.0,
                chance.choice([38.0, 42.0, 50.0, 50.0, 78.0, 81.0]),
                pcv,
                quality,
            )
        slices.append(slice_of(seq, now, rows.values()))
    return slices, now


class OneByOne:
    """Judges each reading by itself."""

    def __init__(self, rulebook):
        self._rulebook = rulebook
        self.last = dict.fromkeys(SENSORS, -1)
        self.watches = {name: Watch() for name in SENSORS}

    def take(self, slices, journal):
        judging = Judging(self._rulebook, journal)
        for part in slices:
            receive = microseconds(part.receive_time)
            for n in range(len(part)):
                name = part.series[part.series_index[n]].sensor_id
                capture = part.capture_time_us[n].item()
                if capture > self.last[name]:
                    self.last[name] = capture
                    values = [getattr(part, metric)[n].item() for metric in METRICS]
                    interval = self._rulebook.known(name).interval
                    quality = part.quality[n].item()
                    judging.take(self.watches[name], Reading(name, "A-1", interval, capture, receive, values, quality))


def written(journal, ids):
    """All that a journal has to say, each alert by its number."""
    found = []
    for episode in sorted(journal.episodes, key=lambda e: (e.sensor_id, e.key)):
        if episode.alert.alert_id is None:
            episode.alert.alert_id = ids.setdefault((episode.sensor_id, episode.key), 0) + 1
            ids[episode.sensor_id, episode.key] += 1
        fields: dict[str, Any] = {"measured_value": None, "suspect": None} | episode.fields
        if episode.values:
            fields |= {"measured_value": episode.values[0], "suspect": not episode.values[1]}
        numbered = (episode.alert.alert_id, episode.alert.peak, episode.alert.level)
        found.append((episode.sensor_id, episode.key, numbered, episode.raised, fields, episode.told))
    return found


@pytest.mark.parametrize("seed", range(12))
async def test_many_at_once_come_to_what_each_by_itself_does(seed):
    chance = random.Random(seed)
    work = EvaluationWork(Followed(rules()), Followed(directory()), None, Tuning(), system_clock)  # type: ignore[arg-type]
    rulebook = Rulebook(rules(), directory(), Tuning())
    work._renewed()
    one_by_one, now = OneByOne(rulebook), NOON
    ids: tuple[dict[tuple[str, str], int], ...] = ({}, {})
    happened = 0
    for _ in range(25):
        slices, now = slices_at_random(chance, now)
        together, single = Journal(), Journal()
        await work._take(slices, Judging(rulebook, together))
        one_by_one.take(slices, single)
        assert written(together, ids[0]) == written(single, ids[1])
        watches = {name: dump(watch) for name, watch in work._table.watches.items()}
        assert watches == {name: dump(watch) for name, watch in one_by_one.watches.items() if not watch.is_over}
        happened += sum(len(episode.told) for episode in single.episodes)
    assert happened > 20, "nothing happened: the test shows nothing"


def test_a_reading_is_new_that_is_newer_than_all_that_came_of_its_sensor_before():
    chance = random.Random(5)
    for _ in range(200):
        slices, _ = slices_at_random(chance, NOON)
        batch = batch_of(slices, lambda names, _: [int(name[1:]) for name in names])
        before = np.array([NOON - chance.choice([0, 10, 4000]) * SECOND for _ in SENSORS])
        seen = before.copy()
        wanted = []
        for row, capture in zip(batch.row.tolist(), batch.capture.tolist(), strict=True):
            wanted.append(capture > seen[row])
            seen[row] = max(seen[row], capture)
        assert fresh(batch, before[batch.row]).tolist() == wanted
