"""Between the thresholds' protobuf and the rules. Pure."""

import math
from collections import defaultdict
from dataclasses import replace

from montrg.thresholds.v1 import mapping_service_pb2, threshold_service_pb2

from services.common.times import time_or_none
from services.heat.judging import Band, MappedBand, Rules


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
    return Rules(dict(everywhere), dict(mapped), message.revision)


def _band(threshold: threshold_service_pb2.Threshold) -> Band:
    low = threshold.min_value if threshold.HasField("min_value") else -math.inf
    high = threshold.max_value if threshold.HasField("max_value") else math.inf
    return Band(low, high, threshold.level, threshold.threshold_id)


def _mapped_band(mapping: mapping_service_pb2.Mapping, band: Band) -> MappedBand:
    own = replace(band, map_id=mapping.map_id)
    if mapping.HasField("duration_seconds"):
        own = replace(own, duration_s=mapping.duration_seconds)
    return MappedBand(own, time_or_none(mapping, "valid_from"), time_or_none(mapping, "valid_to"))
