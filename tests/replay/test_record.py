"""The recorded year: interpolation, gaps, the cycle and the shift of the history."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from services.heat.perceived import perceived_temperature
from services.replay.record import BEGIN, WAVE, YEAR, Values, history, in_record, load, parse
from services.replay.service import INTERVAL, PACE
from services.replay.stations import STATIONS

HEADER = "time,station,temperature_f,humidity_pct"
HOURLY = [
    HEADER,
    "2013-01-01T00:00:00Z,EWR,50,40",
    "2013-01-01T01:00:00Z,EWR,60,80",
    "2013-01-01T01:00:00Z,JFK,,",
    "2013-01-01T05:00:00Z,EWR,70,80",
    "2013-12-31T23:00:00Z,EWR,40,30",
]


def test_a_moment_between_two_hours_is_on_the_straight_line():
    series = parse(HOURLY).series["EWR"]
    assert series.at(BEGIN + timedelta(minutes=15)) == Values(52.5, 50.0)


def test_an_hour_of_the_record_is_as_it_was_recorded():
    series = parse(HOURLY).series["EWR"]
    assert series.at(BEGIN) == Values(50, 40)
    assert series.at(BEGIN + timedelta(hours=5)) == Values(70, 80)


def test_a_long_gap_stays_silent():
    assert parse(HOURLY).series["EWR"].at(BEGIN + timedelta(hours=3)) is None


def test_the_year_goes_on_from_its_end_to_its_beginning():
    series = parse(HOURLY).series["EWR"]
    assert series.at(BEGIN - timedelta(minutes=30)) == Values(45, 35)
    assert series.at(BEGIN + YEAR + timedelta(minutes=15)) == series.at(BEGIN + timedelta(minutes=15))
    assert in_record(BEGIN + YEAR) == BEGIN


def test_a_row_without_values_is_counted_and_left_out():
    record = parse(HOURLY)
    assert record.skipped == 1
    assert "JFK" not in record.series


@pytest.fixture(scope="module")
def record():
    return load()


def test_the_record_has_the_three_stations_and_one_row_without_values(record):
    assert sorted(record.series) == sorted(station.name for station in STATIONS)
    assert (len(record.rows), record.skipped) == (26_114, 1)


def test_the_history_is_every_row_once_in_the_year_before_its_end(record):
    end = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    rows = history(record, end)
    assert len(rows) == len(record.rows)
    assert len({(row.station, row.moment) for row in rows}) == len(rows)
    assert end - YEAR < rows[0].moment <= rows[-1].moment <= end
    assert [row.moment for row in rows] == sorted(row.moment for row in rows)


def test_the_shift_keeps_the_hours_before_the_wave_just_before_the_end(record):
    end = datetime(2026, 3, 1, tzinfo=UTC)
    last = [row for row in history(record, end) if row.station == "EWR"][-1]
    assert end - last.moment == timedelta(minutes=30)
    assert last.values == record.series["EWR"].at(WAVE - timedelta(minutes=30))


def test_the_shift_takes_what_follows_the_wave_from_the_year_before(record):
    first = history(record, WAVE)[0]
    assert first.moment == WAVE + timedelta(minutes=30) - YEAR


def pcv(values):
    celsius = (values.temperature_f - 32) / 1.8
    return perceived_temperature(np.array([celsius]), np.array([values.humidity]))[0]


@pytest.mark.parametrize("station", ["EWR", "JFK"])
def test_a_station_passes_orange_within_three_minutes_of_the_live_replay(record, station):
    steps = [pcv(record.series[station].at(WAVE + step * INTERVAL * PACE)) for step in range(18)]
    assert steps[0] < 32.0
    assert max(steps) >= 33.0
    passes = next(step for step, value in enumerate(steps) if value >= 33.0)
    assert timedelta(minutes=1) <= passes * INTERVAL <= timedelta(minutes=3)
