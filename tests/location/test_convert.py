"""Between protobuf and the domain."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2

from services.common.errors import InvalidInputError
from services.location import convert
from services.location.domain import Calibration, Directory, Location, LocationFilter, Sensor, SensorFilter

NOW = datetime(2026, 7, 15, 5, 0, 0, 123456, tzinfo=UTC)
PLACE = Location("A", "", "F", "B", 0, "Press", NOW)
SENSOR = Sensor("S", "A", "", False, 0.0, 60, "summer", (Calibration(NOW, 0.0, -1.5),), NOW)


def sensor_update(paths=(), **fields):
    request = sensor_pb2.UpdateSensorRequest(sensor_id="S", sensor=sensor_pb2.Sensor(**fields))
    request.update_mask.paths.extend(paths)
    return request


def test_zero_empty_and_false_are_values_that_an_answer_has():
    place, sensor = convert.location_to_proto(PLACE), convert.sensor_to_proto(SENSOR)
    assert all(place.HasField(name) for name in ("plant", "floor", "upd_dt"))
    assert all(sensor.HasField(name) for name in ("name", "is_active", "height_m"))
    assert sensor.calibrations[0].valid_from.ToDatetime(UTC) == NOW


def test_an_unknown_height_is_left_out():
    unknown = Sensor("S", "A", "", True, None, 60, "summer", (), NOW)
    assert not convert.sensor_to_proto(unknown).HasField("height_m")


def test_what_a_create_request_leaves_out_is_not_a_field():
    request = pb2.CreateLocationRequest(location=pb2.Location(loc_id="A", floor=0, upd_dt=NOW))
    assert convert.new_location(request) == {"loc_id": "A", "floor": 0}
    assert convert.new_sensor(sensor_pb2.CreateSensorRequest()) == {}


def test_an_update_without_a_mask_takes_what_is_set():
    request = sensor_update(sensor_id="S", height_m=0.0, is_active=False, calibrations=[{"valid_from": NOW}])
    assert convert.changed_sensor(request) == {
        "height_m": 0.0,
        "is_active": False,
        "calibrations": (Calibration(NOW, 0.0, 0.0),),
    }
    assert convert.changed_sensor(sensor_update()) == {}


def test_a_mask_takes_only_what_it_names_and_clears_what_is_unset():
    request = sensor_update(["name", "height_m", "interval_s", "is_active", "index_kind"], name="N", loc_id="B")
    assert convert.changed_sensor(request) == {
        "name": "N",
        "height_m": None,
        "interval_s": 60,
        "is_active": True,
        "index_kind": "summer",
    }


def test_a_mask_of_calibrations_alone_replaces_or_empties_them_and_nothing_else():
    assert convert.changed_sensor(sensor_update(["calibrations"], name="N")) == {"calibrations": ()}
    request = sensor_update(["calibrations", "name"], calibrations=[{"valid_from": NOW, "humidity_offset": 2}])
    assert convert.changed_sensor(request) == {"name": "", "calibrations": (Calibration(NOW, 0.0, 2.0),)}


@pytest.mark.parametrize("path", ["nmae", "sensor_id", "upd_dt", "calibrations.valid_from"])
def test_a_mask_that_names_no_changeable_field_is_refused_by_name(path):
    with pytest.raises(InvalidInputError, match=path):
        convert.changed_sensor(sensor_update([path, "calibrations"]))


def test_a_mask_cannot_clear_a_required_field():
    request = pb2.UpdateLocationRequest(loc_id="A")
    request.update_mask.paths.append("area")
    with pytest.raises(InvalidInputError, match="area: cannot be cleared"):
        convert.changed_location(request)


@pytest.mark.parametrize("moment", [Timestamp(seconds=10**15), Timestamp(seconds=-(10**15)), Timestamp(nanos=-1)])
def test_a_time_outside_the_calendar_is_as_good_as_none(moment):
    request = sensor_update(calibrations=[sensor_pb2.Calibration(valid_from=moment), sensor_pb2.Calibration()])
    assert [one.valid_from for one in convert.changed_sensor(request)["calibrations"]] == [None, None]


def test_batch_ids_are_split_at_commas_and_blanks_dropped():
    assert convert.batch_ids(["A,B", " C ,,", "", "D"]) == ["A", "B", "C", "D"]


def test_filters_tell_unset_from_empty():
    request = pb2.ListSensorLocationsRequest(plant="", floor=0)
    assert convert.location_filter(request) == LocationFilter(plant="", floor=0)
    assert convert.sensor_filter(sensor_pb2.ListSensorsRequest(is_active=False)) == SensorFilter(is_active=False)


def test_a_directory_that_is_known_says_so_and_holds_nothing():
    unchanged = convert.directory_to_proto(None, 7)
    assert (unchanged.revision, unchanged.unchanged, len(unchanged.sensors)) == (7, True, 0)
    full = convert.directory_to_proto(Directory(8, [SENSOR], [PLACE]), 7)
    assert (full.revision, full.unchanged) == (8, False)
    assert ([s.sensor_id for s in full.sensors], [p.loc_id for p in full.locations]) == (["S"], ["A"])
