"""Between protobuf and silences. Pure."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from montrg.alert.v1 import silence_service_pb2 as pb2

from services.alert.matching import MATCHERS
from services.alert.silences.domain import Silence
from services.common.fields import REQUIRED, changed, given
from services.common.times import moment

_FIELDS = {
    "start_time": None,
    "end_time": None,
    "weekdays": None,
    "start_of_day": None,
    "end_of_day": None,
    "zone": None,
    **dict.fromkeys(MATCHERS),
    "max_level": None,
    "author": REQUIRED,
    "reason": REQUIRED,
}


def to_proto(silence: Silence, now: datetime) -> pb2.Silence:
    """Converts a stored silence."""
    fields = {name: getattr(silence, name) for name in ("silence_id", "update_time", *_FIELDS)}
    return pb2.Silence(**fields, in_force=silence.holds_until(now) is not None)


def new_fields(request: pb2.CreateSilenceRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return _times(given(request.silence, list(_FIELDS)))


def changed_fields(request: pb2.UpdateSilenceRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes."""
    return _times(changed(request.silence, request.update_mask.paths, _FIELDS))


def _times(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: moment(value) if isinstance(value, Timestamp) else value for name, value in fields.items()}
