"""Between location's protobuf and the directory. Pure."""

from montrg.location.v1 import sensor_service_pb2

from services.common.times import moment
from services.directory.domain import Calibration, Directory, Place, Sensor


def directory(payload: bytes) -> Directory:
    """Parses location's serialised Directory."""
    message = sensor_service_pb2.Directory.FromString(payload)
    sensors = {sensor.sensor_id: _sensor(sensor) for sensor in message.sensors}
    places = {p.loc_id: Place(p.loc_id, p.plant, p.factory, p.building, p.floor, p.area) for p in message.locations}
    return Directory(message.revision, sensors, places)


def _sensor(sensor: sensor_service_pb2.Sensor) -> Sensor:
    calibrations = [
        Calibration(moment(c.valid_from), c.temperature_offset, c.humidity_offset) for c in sensor.calibrations
    ]
    calibrations.sort(key=lambda c: c.valid_from)
    return Sensor(sensor.sensor_id, sensor.loc_id, sensor.is_active, sensor.interval_s, sensor.index_kind, calibrations)
