"""Between what neighbours say in protobuf and the domain. Pure."""

import math
from collections import defaultdict

from montrg.location.v1 import sensor_service_pb2
from montrg.thresholds.v1 import mapping_service_pb2, threshold_service_pb2

from services.common.times import moment, time_or_none
from services.heat.judging import Band, MappedBand, Rules
from services.realtime.domain import Calibration, Directory, Place, Sensor


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


def rules(payload: bytes) -> Rules:
    """Parses the thresholds' serialised Rules into bands."""
    message = threshold_service_pb2.Rules.FromString(payload)
    everywhere: defaultdict[str, list[Band]] = defaultdict(list)
    bands = {}
    for threshold in message.thresholds:
        band = _band(threshold)
        bands[threshold.threshold_id] = (threshold.threshold_type, band)
        if not threshold.mapped_only:
            everywhere[threshold.threshold_type].append(band)
    mapped: defaultdict[tuple[str, str], list[MappedBand]] = defaultdict(list)
    for mapping in message.mappings:
        if mapping.enabled:
            metric, band = bands[mapping.threshold_id]
            mapped[mapping.sensor_id, metric].append(_mapped_band(mapping, band))
    return Rules(dict(everywhere), dict(mapped))


def _band(threshold: threshold_service_pb2.Threshold) -> Band:
    low = threshold.min_value if threshold.HasField("min_value") else -math.inf
    high = threshold.max_value if threshold.HasField("max_value") else math.inf
    return Band(low, high, threshold.level)


def _mapped_band(mapping: mapping_service_pb2.Mapping, band: Band) -> MappedBand:
    return MappedBand(band, time_or_none(mapping, "valid_from"), time_or_none(mapping, "valid_to"))
