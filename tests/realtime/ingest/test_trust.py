"""Flat lines and clock skews, over one batch and over several."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.epoch import microseconds
from services.heat.quality import FLAT, GOOD
from services.realtime.ingest.making import make_readings
from services.realtime.ingest.trust import FlatRule, clock_skews, flat_runs, newest, unknown, with_flat_lines
from tests.realtime.ingest.rows import NOW, SENSOR, every

RULE = FlatRule(samples=3, duration=timedelta(seconds=120))


def made(rows):
    return make_readings(rows, np.arange(len(rows)), [SENSOR], NOW)


def judged(readings, last, rule=RULE):
    """The qualities, and what is known after the readings."""
    run = flat_runs(readings, last)
    qualities = with_flat_lines(readings, run, rule).quality.tolist()
    after = replace(
        last,
        capture_time=readings.capture_time[-1:],
        raw_temperature=readings.raw_temperature[-1:],
        raw_humidity=readings.raw_humidity[-1:],
        flat_since=run.since[-1:],
        flat_samples=run.samples[-1:],
    )
    return qualities, after


def test_the_same_values_often_and_long_enough_are_a_flat_line_until_they_change():
    rows = every(60, *[{}] * 4, {"temperature": 33.1}, {"temperature": 33.1})
    assert judged(made(rows), unknown(1))[0] == [GOOD, GOOD, FLAT, FLAT, GOOD, GOOD]


def test_often_is_not_enough_where_it_was_not_long():
    assert judged(made(every(1, *[{}] * 10)), unknown(1))[0] == [GOOD] * 10


def test_a_change_of_the_humidity_alone_ends_a_flat_line():
    rows = every(60, *[{}] * 3, {"humidity": 60.1})
    assert judged(made(rows), unknown(1))[0] == [GOOD, GOOD, FLAT, GOOD]


def test_it_can_be_turned_off():
    assert judged(made(every(60, *[{}] * 9)), unknown(1), FlatRule(samples=0))[0] == [GOOD] * 9


@given(st.lists(st.sampled_from([33.0, 33.1]), min_size=2, max_size=20), st.data())
def test_a_flat_line_does_not_depend_on_how_its_readings_are_cut_into_batches(temperatures, data):
    rows = made(every(60, *({"temperature": t} for t in temperatures)))
    whole, _ = judged(rows, unknown(1))
    cut = data.draw(st.integers(1, len(temperatures) - 1))
    first, last = judged(rows.take(np.arange(cut)), unknown(1))
    second, _ = judged(rows.take(np.arange(cut, len(temperatures))), last)
    assert first + second == whole


@pytest.mark.parametrize(("ahead", "expected"), [(5, 5.0), (-300, -300.0)])
def test_a_first_reading_shows_how_far_the_clock_is_ahead(ahead, expected):
    rows = made(every(0, {}))
    rows = replace(rows, capture_time=rows.capture_time + ahead * 1_000_000)
    assert clock_skews(rows, unknown(1)).tolist() == [expected]


def test_a_delayed_reading_hardly_moves_the_skew_and_a_quick_one_does_at_once():
    last = replace(unknown(1), clock_skew_s=np.array([-2.0]))
    delayed, quick = (replace(made(every(0, {})), capture_time=np.array([microseconds(NOW) - s])) for s in (34e6, 1e6))
    assert clock_skews(delayed, last).tolist() == [-4.0]
    assert clock_skews(quick, last).tolist() == [-1.0]


def test_the_newest_reading_of_each_sensor_is_its_last():
    other = replace(SENSOR, sensor_id="S-2")
    rows = every(1, {}, {}, {"sensor_id": "S-2"})
    readings = make_readings(rows, np.arange(3), [SENSOR, other], NOW)
    assert newest(readings).tolist() == [False, True, True]
