"""What makes a place or sensor valid."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from services.common.errors import InvalidInputError
from services.location.domain import (
    MAX_CALIBRATIONS,
    Calibration,
    LocationFilter,
    SensorFilter,
    changed_location,
    changed_sensor,
    checked_batch,
    checked_location_filter,
    checked_sensor_filter,
    is_id,
    location_in_use,
    new_location,
    new_sensor,
)

NOW = datetime(2026, 7, 15, 5, tzinfo=UTC)
PLACE = {"loc_id": "A011", "plant": "P1", "factory": "F1", "building": "B1", "floor": 1, "area": "Press"}
SENSOR = {"sensor_id": "S-001", "loc_id": "A011"}


def blamed(make, *arguments):
    """The fields that a refusal names."""
    with pytest.raises(InvalidInputError) as caught:
        make(*arguments)
    return [violation.field for violation in caught.value.violations]


@pytest.mark.parametrize("word", ["a", "A-1_b.c", "x" * 50, "Batch", "0"])
def test_an_id_has_letters_digits_and_three_signs(word):
    assert is_id(word)


@pytest.mark.parametrize("word", ["", "x" * 51, "batch", "loc", ".", "..", "a b", "a/b", "a,b", "센서", "a\n", "a\0"])
def test_other_ids_are_refused(word):
    assert not is_id(word)
    assert blamed(new_location, PLACE | {"loc_id": word}, NOW) == ["loc_id"]
    assert blamed(new_sensor, SENSOR | {"sensor_id": word}, NOW) == ["sensor_id"]


def test_every_missing_field_of_a_place_is_named_at_once_with_what_to_give():
    with pytest.raises(InvalidInputError, match="floor: is missing; give -100 to 300") as caught:
        new_location({}, NOW)
    assert [v.field for v in caught.value.violations] == ["loc_id", "factory", "building", "floor", "area"]


def test_missing_and_bad_fields_are_named_together():
    fields = {"loc_id": "a b", "plant": "x" * 101, "factory": "", "building": "  ", "floor": 301}
    assert blamed(new_location, fields, NOW) == ["area", "loc_id", "plant", "factory", "building", "floor"]


@pytest.mark.parametrize("floor", [-100, 0, 300])
def test_floors_reach_from_100_basements_to_300(floor):
    assert new_location(PLACE | {"floor": floor}, NOW).floor == floor


@pytest.mark.parametrize(
    "fields",
    [{"floor": -101}, {"floor": 301}, {"area": "x" * 101}, {"area": ""}, {"factory": "a\0b"}, {"plant": "a\nb"}],
)
def test_a_place_outside_its_bounds_is_refused(fields):
    assert blamed(new_location, PLACE | fields, NOW) == list(fields)


def test_names_count_characters_and_not_bytes():
    assert new_location(PLACE | {"area": "가" * 100, "plant": ""}, NOW).area == "가" * 100


def test_a_change_of_a_place_keeps_the_rest_and_its_time_is_now():
    old = new_location(PLACE, NOW)
    later = NOW + timedelta(hours=1)
    changed = changed_location(old, {"floor": -2}, later)
    assert (changed.floor, changed.area, changed.upd_dt) == (-2, "Press", later)
    assert blamed(changed_location, old, {"floor": 999, "area": ""}, later) == ["floor", "area"]


def test_a_new_sensor_is_active_reports_each_minute_and_uses_the_summer_index():
    sensor = new_sensor(SENSOR, NOW)
    assert (sensor.is_active, sensor.interval_s, sensor.index_kind, sensor.height_m) == (True, 60, "summer", None)
    assert (sensor.name, sensor.calibrations) == ("", ())


def test_a_sensor_needs_its_id_and_place():
    assert blamed(new_sensor, {}, NOW) == ["sensor_id", "loc_id"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x" * 101},
        {"interval_s": 0},
        {"interval_s": 86_401},
        {"height_m": -0.1},
        {"height_m": 100.1},
        {"height_m": math.nan},
        {"height_m": math.inf},
        {"index_kind": "autumn"},
        {"index_kind": ""},
        {"loc_id": "batch"},
    ],
)
def test_a_sensor_outside_its_bounds_is_refused(fields):
    assert blamed(new_sensor, SENSOR | fields, NOW) == list(fields)
    assert blamed(changed_sensor, new_sensor(SENSOR, NOW), fields, NOW) == list(fields)


@pytest.mark.parametrize("fields", [{"interval_s": 1}, {"interval_s": 86_400}, {"height_m": 0.0}, {"height_m": 100.0}])
def test_the_bounds_themselves_are_accepted(fields):
    sensor = new_sensor(SENSOR | fields, NOW)
    assert {name: getattr(sensor, name) for name in fields} == fields


def test_each_bad_calibration_is_named_with_its_place():
    calibrations = (
        Calibration(NOW, 20.0, -50.0),
        Calibration(None, math.nan, 0.0),
        Calibration(NOW, -20.1, math.inf),
    )
    assert blamed(new_sensor, SENSOR | {"calibrations": calibrations}, NOW) == [
        "calibrations[1].valid_from",
        "calibrations[1].temperature_offset",
        "calibrations[2].valid_from",
        "calibrations[2].temperature_offset",
        "calibrations[2].humidity_offset",
    ]


def test_calibrations_are_kept_in_order_of_their_start():
    late, early = Calibration(NOW, 1.0, 0.0), Calibration(NOW - timedelta(microseconds=1), 2.0, 0.0)
    assert new_sensor(SENSOR | {"calibrations": (late, early)}, NOW).calibrations == (early, late)


def test_too_many_calibrations_are_refused_in_one_line():
    many = tuple(Calibration(NOW + timedelta(days=d), 0.0, 0.0) for d in range(MAX_CALIBRATIONS + 1))
    assert blamed(new_sensor, SENSOR | {"calibrations": many}, NOW) == ["calibrations"]


def test_a_batch_holds_1_to_1000_ids_each_once_and_only_possible_ones():
    assert checked_batch("loc_ids", ["B", "a b", "A", "B"]) == ["B", "A"]
    assert len(checked_batch("loc_ids", [f"S{n}" for n in range(1000)])) == 1000
    assert blamed(checked_batch, "loc_ids", []) == ["loc_ids"]
    assert blamed(checked_batch, "loc_ids", ["A"] * 1001) == ["loc_ids"]


def test_a_filter_that_nothing_can_match_is_refused():
    assert blamed(checked_location_filter, LocationFilter(factory="a\0")) == ["factory"]
    assert blamed(checked_sensor_filter, SensorFilter(loc_id="a b")) == ["loc_id"]
    assert checked_location_filter(LocationFilter(plant="", floor=0)).plant == ""


def test_of_many_sensors_in_the_way_ten_are_named():
    message = location_in_use("A", [f"S{n:02}" for n in range(11)]).message
    assert "S09 and more" in message
    assert "S10" not in message
