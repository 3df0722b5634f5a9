"""What a reading can be and what becomes of it, without a server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.realtime.domain import (
    EARLIEST,
    Calibration,
    Sensor,
    SentReading,
    current_quality,
    make_reading,
    refuse,
)

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
SENT = SentReading("S-1", NOW, 33.0, 60.0, None, "celsius", "measured")
SENSOR = Sensor("S-1", "A", True, 60, "summer", [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sensor_id": ""}, "sensor_id"),
        ({"sensor_id": "a/b"}, "sensor_id"),
        ({"sensor_id": "x" * 51}, "sensor_id"),
        ({"capture_time": None}, "capture_time"),
        ({"capture_time": NOW + timedelta(seconds=61)}, "capture_time"),
        ({"capture_time": EARLIEST - timedelta(seconds=1)}, "capture_time"),
        ({"temperature": None}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"temperature": -99.0}, "temperature"),
        ({"temperature": -999.0}, "temperature"),
        ({"temperature": 60.1}, "temperature"),
        ({"temperature": -40.1}, "temperature"),
        ({"temperature": 86.0}, "temperature"),
        ({"temperature": 160.0, "temperature_unit": "fahrenheit"}, "temperature"),
        ({"temperature_unit": "kelvin"}, "temperature_unit"),
        ({"humidity": None}, "humidity"),
        ({"humidity": 130.0}, "humidity"),
        ({"humidity": -0.1}, "humidity"),
        ({"humidity": float("nan")}, "humidity"),
        ({"pcv_temperature": float("nan")}, "pcv_temperature"),
        ({"source": "a b"}, "source"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_and_its_field_named(change, field):
    refusal = refuse(replace(SENT, **change), NOW, EARLIEST)
    assert refusal is not None
    assert refusal.field == field
    assert refusal.reason


@pytest.mark.parametrize("ahead", [-1, 0, 60])
def test_a_plausible_row_is_let_pass(ahead):
    assert refuse(replace(SENT, capture_time=NOW + timedelta(seconds=ahead)), NOW, EARLIEST) is None


def test_a_row_from_a_time_that_retention_dropped_is_refused_as_frozen():
    refusal = refuse(replace(SENT, capture_time=NOW - timedelta(days=2)), NOW, NOW - timedelta(days=1))
    assert refusal is not None
    assert "FROZEN" in refusal.reason


@pytest.mark.parametrize(
    ("temperature", "humidity", "quality"),
    [(33, 60, "GOOD"), (45, 50, "GOOD"), (45.1, 50, "SUSPECT"), (60, 50, "SUSPECT"), (30, 4.9, "SUSPECT"),
     (30, 99.1, "SUSPECT"), (30, 0.55, "SUSPECT"), (30, 5, "GOOD"), (30, 99, "GOOD")],
)  # fmt: skip
def test_an_implausible_reading_is_stored_as_suspect(temperature, humidity, quality):
    sent = replace(SENT, temperature=float(temperature), humidity=float(humidity))
    assert make_reading(sent, SENSOR, NOW).quality == quality


def test_calibration_is_applied_from_its_time_on_and_what_was_sent_is_kept():
    sensor = replace(SENSOR, calibrations=[Calibration(NOW, 0.5, -2.0)])
    before = make_reading(replace(SENT, capture_time=NOW - timedelta(seconds=1)), sensor, NOW)
    after = make_reading(replace(SENT, pcv_temperature=30.0), sensor, NOW)
    assert (before.temperature, before.humidity, before.pcv_temperature) == (33.0, 60.0, 33.5)
    assert (after.temperature, after.humidity, after.raw_temperature, after.raw_humidity) == (33.5, 58.0, 33.0, 60.0)
    assert after.pcv_temperature == 33.8  # computed anew: what the sensor sent was made of uncalibrated values


def test_what_the_sensor_computed_itself_is_kept_and_fahrenheit_converted():
    sent = replace(SENT, temperature=91.4, pcv_temperature=93.2, temperature_unit="fahrenheit")
    reading = make_reading(sent, SENSOR, NOW)
    assert (reading.temperature, reading.pcv_temperature) == (33.0, 34.0)


def test_a_winter_sensor_has_an_index_only_if_it_sends_one():
    winter = replace(SENSOR, index_kind="winter")
    assert make_reading(SENT, winter, NOW).pcv_temperature is None
    assert make_reading(replace(SENT, pcv_temperature=-29.1), winter, NOW).pcv_temperature == -29.1


@pytest.mark.parametrize(("silent_s", "quality"), [(0, "GOOD"), (180, "GOOD"), (181, "STALE"), (86_400, "STALE")])
def test_a_sensor_silent_for_three_intervals_is_stale(silent_s, quality):
    reading = make_reading(SENT, SENSOR, NOW)
    assert current_quality(reading, 60, NOW + timedelta(seconds=silent_s)) == quality
