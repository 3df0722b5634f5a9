"""Between protobuf and the domain. Pure."""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from montrg.location.v1 import sensor_service_pb2
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import mapping_service_pb2, threshold_service_pb2

from services.common.times import moment
from services.heat.judging import Band, MappedBand, Rules, judge
from services.heat.levels import status
from services.realtime.domain import Calibration, Directory, Place, Reading, RowOutcome, Sensor, SentReading
from services.realtime.service import Measured, Snapshot, count

MOST_KEPT = 100_000  # messages of sensors that are gone must not pile up for ever

_METRICS = ("temperature", "humidity", "pcv_temperature")


def time_or_none(message: object, field: str) -> datetime | None:
    """Returns a message's timestamp field, or None where it is unset."""
    value: Timestamp = getattr(message, field)
    return moment(value) if message.HasField(field) else None  # type: ignore[attr-defined]


def sent_reading(reading: ingest_pb2.Reading) -> SentReading:
    """Converts one row as it was sent."""
    return SentReading(
        sensor_id=reading.sensor_id,
        capture_time=time_or_none(reading, "capture_time"),
        temperature=reading.temperature if reading.HasField("temperature") else None,
        humidity=reading.humidity if reading.HasField("humidity") else None,
        pcv_temperature=reading.pcv_temperature if reading.HasField("pcv_temperature") else None,
        temperature_unit=reading.temperature_unit if reading.HasField("temperature_unit") else "celsius",
        source=reading.source if reading.HasField("source") else "measured",
    )


def outcomes_to_proto(outcomes: Sequence[RowOutcome]) -> ingest_pb2.WriteReadingsResponse:
    """Counts the outcomes and describes those that are not plainly accepted."""
    counts = count(outcomes)
    response = ingest_pb2.WriteReadingsResponse(
        accepted=counts["ACCEPTED"],
        duplicate=counts["DUPLICATE"],
        late=counts["LATE"],
        conflict=counts["CONFLICT"],
        rejected=counts["REJECTED"],
        unavailable=counts["UNAVAILABLE"],
    )
    for outcome in outcomes:
        if outcome.outcome != "ACCEPTED":
            response.outcomes.add(
                index=outcome.index, outcome=outcome.outcome, field=outcome.field, reason=outcome.reason
            )
    return response


def stored_reading(reading: Reading) -> ingest_pb2.StoredReading:
    """Converts a stored reading."""
    return ingest_pb2.StoredReading(
        sensor_id=reading.sensor_id,
        capture_time=reading.capture_time,
        receive_time=reading.receive_time,
        loc_id=reading.loc_id,
        temperature=reading.temperature,
        humidity=reading.humidity,
        pcv_temperature=reading.pcv_temperature,
        raw_temperature=reading.raw_temperature,
        raw_humidity=reading.raw_humidity,
        raw_pcv_temperature=reading.raw_pcv_temperature,
        quality=reading.quality,
        source=reading.source,
    )


def batch_payload(rows: Sequence[Reading]) -> bytes:
    """Serialises stored readings, by ascending sensor and time, as the reading log keeps them."""
    batch = log_pb2.ReadingBatch(receive_time=rows[0].receive_time)
    series: dict[tuple[str, str, str], int] = {}
    for row in rows:
        index = series.setdefault((row.sensor_id, row.loc_id, row.source), len(series))
        batch.series_index.append(index)
        batch.capture_time_us.append((row.capture_time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
        batch.temperature.append(row.temperature)
        batch.humidity.append(row.humidity)
        batch.pcv_temperature.append(math.nan if row.pcv_temperature is None else row.pcv_temperature)
        batch.quality.append(1 if row.quality == "GOOD" else 2)
    for sensor_id, loc_id, source in series:
        batch.series.add(sensor_id=sensor_id, loc_id=loc_id, source=source)
    return batch.SerializeToString()


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
