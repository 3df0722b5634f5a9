"""Between protobuf and the domain. Pure."""

import math
from collections import defaultdict

from montrg.location.v1 import sensor_service_pb2
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import mapping_service_pb2, threshold_service_pb2

from services.common.times import moment, time_or_none
from services.heat.judging import Band, MappedBand, Rules, judge
from services.heat.levels import status
from services.realtime.domain import Calibration, Directory, Place, Reading, Sensor
from services.realtime.service import Measured, Snapshot

MOST_KEPT = 100_000  # messages of sensors that are gone must not pile up for ever

_METRICS = ("temperature", "humidity", "pcv_temperature")


class SnapshotConverter:
    """Judges and converts snapshots, and keeps each measurement's message until something in it changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Measured, pb2.Measurement]] = {}
        self._rules: Rules | None = None

    def to_proto(self, snapshot: Snapshot) -> pb2.MeasurementSnapshot:
        """Converts what is measured now."""
        if snapshot.rules is not self._rules or len(self._kept) > MOST_KEPT:
            self._kept.clear()
            self._rules = snapshot.rules
        return pb2.MeasurementSnapshot(
            ymd=f"{snapshot.local_time:%Y%m%d}",
            hh=f"{snapshot.local_time:%H}",
            measurements=map(self._measurement, snapshot.measured),
            degraded=snapshot.degraded,
        )

    def _measurement(self, measured: Measured) -> pb2.Measurement:
        kept = self._kept.get(measured.reading.sensor_id)
        if kept is not None and kept[0] == measured:
            return kept[1]
        message = _measurement(measured, self._rules)
        self._kept[measured.reading.sensor_id] = (measured, message)
        return message


def _measurement(measured: Measured, rules: Rules | None) -> pb2.Measurement:
    reading, place = measured.reading, measured.place
    location = pb2.Place(loc_id=reading.loc_id)
    if place is not None:
        location = pb2.Place(
            factory=place.factory,
            building=place.building,
            floor=place.floor,
            loc_id=place.loc_id,
            area=place.area,
            plant=place.plant or None,
        )
    metrics = {name: _metric(reading, name, rules) for name in _METRICS}
    return pb2.Measurement(
        sensor_id=reading.sensor_id,
        capture_time=reading.capture_time,
        quality=measured.quality,
        location=location,
        metrics=pb2.Metrics(**metrics),
    )


def _metric(reading: Reading, name: str, rules: Rules | None) -> pb2.Metric | None:
    value: float | None = getattr(reading, name)
    if value is None:
        return None
    level = judge(value, rules.bands(reading.sensor_id, name, reading.capture_time)) if rules else None
    return pb2.Metric(value=value, level=level, status=status(level) if level else None)


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
