"""Between protobuf and the domain. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2

from services.common.fields import REQUIRED, changed, given
from services.location.domain import (
    DEFAULT_INTERVAL_S,
    SUMMER,
    Calibration,
    Directory,
    Location,
    LocationFilter,
    Sensor,
    SensorFilter,
    SensorLocation,
)

_CALIBRATIONS = "calibrations"
_LOCATION_FIELDS = {"plant": "", "factory": REQUIRED, "building": REQUIRED, "floor": REQUIRED, "area": REQUIRED}
_SENSOR_FIELDS = {
    "loc_id": REQUIRED,
    "name": "",
    "is_active": True,
    "height_m": None,
    "interval_s": DEFAULT_INTERVAL_S,
    "index_kind": SUMMER,
}


def location_to_proto(location: Location) -> pb2.Location:
    """Converts a place."""
    return pb2.Location(
        loc_id=location.loc_id,
        plant=location.plant,
        factory=location.factory,
        building=location.building,
        floor=location.floor,
        area=location.area,
        upd_dt=location.upd_dt,
    )


def sensor_location_to_proto(entry: SensorLocation) -> pb2.SensorLocation:
    """Converts an entry of the list of places with their sensors."""
    return pb2.SensorLocation(
        sensor_id=entry.sensor_id,
        loc_id=entry.loc_id,
        plant=entry.plant,
        factory=entry.factory,
        building=entry.building,
        floor=entry.floor,
        area=entry.area,
    )


def sensor_to_proto(sensor: Sensor) -> sensor_pb2.Sensor:
    """Converts a sensor."""
    return sensor_pb2.Sensor(
        sensor_id=sensor.sensor_id,
        loc_id=sensor.loc_id,
        name=sensor.name,
        is_active=sensor.is_active,
        height_m=sensor.height_m,
        interval_s=sensor.interval_s,
        index_kind=sensor.index_kind,
        calibrations=map(_calibration_to_proto, sensor.calibrations),
        upd_dt=sensor.upd_dt,
    )


def _calibration_to_proto(calibration: Calibration) -> sensor_pb2.Calibration:
    return sensor_pb2.Calibration(
        valid_from=calibration.valid_from,
        temperature_offset=calibration.temperature_offset,
        humidity_offset=calibration.humidity_offset,
    )


def directory_to_proto(directory: Directory | None, known_revision: int) -> sensor_pb2.Directory:
    """Converts the directory; None says that the known revision is current."""
    if directory is None:
        return sensor_pb2.Directory(revision=known_revision, unchanged=True)
    return sensor_pb2.Directory(
        revision=directory.revision,
        sensors=map(sensor_to_proto, directory.sensors),
        locations=map(location_to_proto, directory.locations),
    )


def new_location(request: pb2.CreateLocationRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return given(request.location, ["loc_id", *_LOCATION_FIELDS])


def changed_location(request: pb2.UpdateLocationRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes."""
    return changed(request.location, request.update_mask.paths, _LOCATION_FIELDS)


def new_sensor(request: sensor_pb2.CreateSensorRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return given(request.sensor, ["sensor_id", *_SENSOR_FIELDS]) | _given_calibrations(request.sensor)


def changed_sensor(request: sensor_pb2.UpdateSensorRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes; a mask can empty the calibrations."""
    mask = list(request.update_mask.paths)
    if not mask:
        return changed(request.sensor, mask, _SENSOR_FIELDS) | _given_calibrations(request.sensor)
    others = [path for path in mask if path != _CALIBRATIONS]
    # An empty mask would mean every field that is set.
    fields = changed(request.sensor, others, _SENSOR_FIELDS) if others else {}
    return fields | ({_CALIBRATIONS: _calibrations(request.sensor)} if _CALIBRATIONS in mask else {})


def _given_calibrations(sensor: sensor_pb2.Sensor) -> dict[str, Any]:
    return {_CALIBRATIONS: _calibrations(sensor)} if sensor.calibrations else {}


def _calibrations(sensor: sensor_pb2.Sensor) -> tuple[Calibration, ...]:
    return tuple(
        Calibration(
            _moment(one.valid_from) if one.HasField("valid_from") else None,
            one.temperature_offset,
            one.humidity_offset,
        )
        for one in sensor.calibrations
    )


def _moment(value: Timestamp) -> datetime | None:
    """Returns the moment, or None for one outside the years 1 to 9999, which only a binary message can carry."""
    try:
        return value.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None


def location_filter(request: pb2.ListSensorLocationsRequest) -> LocationFilter:
    """Returns which places a list request wants."""
    return LocationFilter(**given(request, ["plant", "factory", "building", "floor"]))


def sensor_filter(request: sensor_pb2.ListSensorsRequest) -> SensorFilter:
    """Returns which sensors a list request wants."""
    return SensorFilter(**given(request, ["loc_id", "is_active"]))


def batch_ids(entries: Iterable[str]) -> Sequence[str]:
    """Returns the ids of a batch request, whose entries may each hold several, separated by commas."""
    words = (word.strip() for entry in entries for word in entry.split(","))
    return [word for word in words if word]
