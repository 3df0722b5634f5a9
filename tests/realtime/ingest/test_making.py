"""What is made of a row that no rule refuses."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from services.directory.domain import Calibration
from services.heat.quality import GOOD, IMPLAUSIBLE, PINNED
from services.realtime.ingest.making import make_readings
from tests.realtime.ingest.rows import NOW, SENSOR, sent


def make(*changes, sensors=(SENSOR,)):
    return make_readings(sent(*changes), np.arange(len(changes)), sensors, NOW)


@pytest.mark.parametrize(
    ("temperature", "humidity", "quality"),
    [(33, 60, GOOD), (45, 50, GOOD), (45.1, 50, IMPLAUSIBLE), (60, 50, IMPLAUSIBLE), (30, 4.9, IMPLAUSIBLE),
     (30, 99.1, IMPLAUSIBLE), (30, 0.55, IMPLAUSIBLE), (30, 5, GOOD), (30, 99, GOOD), (30, 0, PINNED),
     (30, 100, PINNED)],
)  # fmt: skip
def test_a_reading_is_worth_what_its_values_are(temperature, humidity, quality):
    assert make({"temperature": temperature, "humidity": humidity}).quality.tolist() == [quality]


def test_calibration_is_applied_from_its_time_on_and_what_was_sent_is_kept():
    sensor = replace(SENSOR, calibrations=[Calibration(NOW, 0.5, -2.0)])
    made = make({"capture_time": NOW - timedelta(seconds=1)}, {"pcv_temperature": 30.0}, sensors=[sensor])
    assert made.temperature.tolist() == [33.0, 33.5]
    assert made.humidity.tolist() == [60.0, 58.0]
    assert made.raw_temperature.tolist() == [33.0, 33.0]
    assert made.raw_humidity.tolist() == [60.0, 60.0]
    # Computed anew: what the sensor sent was made of uncalibrated values.
    assert made.pcv_temperature.tolist() == [33.5, 33.8]


def test_of_several_calibrations_the_last_one_before_the_reading_counts():
    steps = [Calibration(NOW - timedelta(days=days), float(days), 0.0) for days in (3, 2, 1)]
    sensor = replace(SENSOR, calibrations=steps)
    times = [{"capture_time": NOW - timedelta(days=days)} for days in (4, 3, 2.5, 1.5, 0)]
    assert make(*times, sensors=[sensor]).temperature.tolist() == [33.0, 36.0, 36.0, 35.0, 34.0]


def test_a_calibrated_humidity_stays_a_percentage():
    sensor = replace(SENSOR, calibrations=[Calibration(NOW, 0.0, 5.0)])
    assert make({"humidity": 98.0}, sensors=[sensor]).humidity.tolist() == [100.0]


def test_what_the_sensor_computed_itself_is_kept_and_fahrenheit_converted():
    made = make({"temperature": 91.4, "pcv_temperature": 93.2, "temperature_unit": "fahrenheit"}, {})
    assert made.temperature.tolist() == [33.0, 33.0]
    assert made.pcv_temperature.tolist() == [34.0, 33.5]


def test_a_winter_sensor_has_an_index_only_if_it_sends_one():
    made = make({}, {"pcv_temperature": -29.1}, sensors=[replace(SENSOR, index_kind="winter")])
    assert np.isnan(made.pcv_temperature[0])
    assert made.pcv_temperature[1] == -29.1


def test_only_the_taken_rows_are_made_each_with_its_sensor_and_source():
    other = replace(SENSOR, sensor_id="S-2", loc_id="B")
    rows = sent({"sensor_id": "S-2"}, {"sensor_id": "gone"}, {"source": "kma"})
    made = make_readings(rows, np.array([0, 2]), [SENSOR, other], NOW)
    series, number = made.series()
    assert [series[i] for i in number] == [("S-2", "B", "measured"), ("S-1", "A", "kma")]


def test_a_winter_sensors_own_index_is_not_bound_to_the_temperatures_of_our_formula():
    winter = replace(SENSOR, index_kind="winter")
    assert make({"temperature": -25.0, "pcv_temperature": -41.0}, sensors=[winter]).quality.tolist() == [GOOD]
    assert make({"temperature": -25.0}).quality.tolist() == [IMPLAUSIBLE]


def test_what_rounds_to_nought_is_not_below_it():
    assert str(make({"temperature": -0.001}).temperature[0]) == "0.0"
