"""Between protobuf and the domain. Pure."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from montrg.thresholds.v1 import mapping_service_pb2 as mapping_pb2
from montrg.thresholds.v1 import threshold_service_pb2 as pb2

from services.common.fields import REQUIRED, changed, given
from services.common.times import moment
from services.thresholds.domain import DEFAULT_DURATION_S, Finding, Mapping, Rules, Threshold

_THRESHOLD_FIELDS = {
    "threshold_type": REQUIRED,
    "level": REQUIRED,
    "min_value": None,
    "max_value": None,
    "mapped_only": False,
}
_MAPPING_FIELDS = {
    "sensor_id": REQUIRED,
    "threshold_id": REQUIRED,
    "duration_seconds": DEFAULT_DURATION_S,
    "valid_from": None,
    "valid_to": None,
    "enabled": True,
}


def threshold_to_proto(threshold: Threshold) -> pb2.Threshold:
    """Converts a stored threshold."""
    return pb2.Threshold(
        threshold_id=threshold.threshold_id,
        threshold_type=threshold.threshold_type,
        level=threshold.level,
        min_value=threshold.min_value,
        max_value=threshold.max_value,
        upd_dt=threshold.upd_dt,
        mapped_only=threshold.mapped_only,
        source=threshold.source,
    )


def mapping_to_proto(mapping: Mapping) -> mapping_pb2.Mapping:
    """Converts a stored mapping."""
    return mapping_pb2.Mapping(
        map_id=mapping.map_id,
        sensor_id=mapping.sensor_id,
        threshold_id=mapping.threshold_id,
        duration_seconds=mapping.duration_seconds,
        valid_from=mapping.valid_from,
        valid_to=mapping.valid_to,
        enabled=mapping.enabled,
        upd_dt=mapping.upd_dt,
    )


def finding_to_proto(finding: Finding) -> pb2.BandFinding:
    """Converts a gap or an overlap."""
    return pb2.BandFinding(
        threshold_type=finding.threshold_type,
        min_value=finding.min_value,
        max_value=finding.max_value,
        threshold_ids=finding.threshold_ids,
        message=finding.message,
    )


def rules_to_proto(rules: Rules | None, known_revision: int) -> pb2.Rules:
    """Converts all rules; None says that the known revision is current."""
    if rules is None:
        return pb2.Rules(revision=known_revision, unchanged=True)
    return pb2.Rules(
        revision=rules.revision,
        thresholds=map(threshold_to_proto, rules.thresholds),
        mappings=map(mapping_to_proto, rules.mappings),
    )


def new_threshold(request: pb2.CreateThresholdRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return given(request.threshold, list(_THRESHOLD_FIELDS))


def changed_threshold(request: pb2.UpdateThresholdRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes."""
    return changed(request.threshold, request.update_mask.paths, _THRESHOLD_FIELDS)


def new_mapping(request: mapping_pb2.CreateMappingRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return _times(given(request.mapping, list(_MAPPING_FIELDS)))


def changed_mapping(request: mapping_pb2.UpdateMappingRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes."""
    return _times(changed(request.mapping, request.update_mask.paths, _MAPPING_FIELDS))


def _times(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: moment(value) if isinstance(value, Timestamp) else value for name, value in fields.items()}
