"""What thresholds says becomes bands that know whose they are and how long they wait."""

import math
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from montrg.thresholds.v1 import mapping_service_pb2, threshold_service_pb2

from services.heat.judging import Band, MappedBand
from services.limits.convert import rules

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)


def test_bands_know_their_threshold_and_mapped_ones_their_mapping_its_time_and_its_wait():
    from_noon = Timestamp()
    from_noon.FromDatetime(NOON)
    threshold = threshold_service_pb2.Threshold
    mapping = mapping_service_pb2.Mapping
    message = threshold_service_pb2.Rules(
        revision=7,
        thresholds=[
            threshold(threshold_id=1, threshold_type="humidity", level="red", min_value=80),
            threshold(threshold_id=2, threshold_type="humidity", level="orange", max_value=40, mapped_only=True),
        ],
        mappings=[
            mapping(map_id=5, sensor_id="s", threshold_id=2, duration_seconds=0, valid_from=from_noon, enabled=True),
            mapping(map_id=6, sensor_id="s", threshold_id=1, enabled=True),
            mapping(map_id=7, sensor_id="s", threshold_id=1, enabled=False),
        ],
    )
    found = rules(message.SerializeToString())
    assert found.revision == 7
    assert found.everywhere == {"humidity": [Band(80, math.inf, "red", 1, None, 60)]}
    assert found.mapped == {
        ("s", "humidity"): [
            MappedBand(Band(-math.inf, 40, "orange", 2, 5, 0), NOON, None),
            MappedBand(Band(80, math.inf, "red", 1, 6, 60), None, None),
        ]
    }
