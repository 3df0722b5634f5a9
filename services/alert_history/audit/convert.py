"""Between protobuf and records. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from montrg.alert_history.v1 import audit_service_pb2 as pb2

from services.alert_history.audit.domain import Record, RecordFilter
from services.common.fields import given
from services.common.times import time_or_none

CSV = "text/csv; charset=utf-8"
# The columns of a file: every field of a record, in the contract's order.
COLUMNS = tuple(field.name for field in pb2.AuditRecord.DESCRIPTOR.fields)
_PLAIN = ("record_id", "service", "kind", "id", "action", "actor", "actor_kind", "address", "request_id")
_OPTIONAL = ("actor_role", "note", "plant", "factory")
_SIDES = ("before", "after")


def sent(record: pb2.AuditRecord) -> Mapping[str, Any]:
    """Returns a record's fields as they were sent."""
    optional = {name: getattr(record, name) if record.HasField(name) else None for name in _OPTIONAL}
    sides = {name: _content(getattr(record, name)) if record.HasField(name) else None for name in _SIDES}
    return {
        **{name: getattr(record, name) for name in _PLAIN},
        **optional,
        **sides,
        "record_time": time_or_none(record, "record_time"),
        "changed_fields": list(record.changed_fields),
    }


def record_to_proto(record: Record) -> pb2.AuditRecord:
    """Converts a record."""
    return pb2.AuditRecord(
        record_id=str(record.record_id),
        record_time=record.record_time,
        **{name: getattr(record, name) for name in (*_PLAIN[1:], *_OPTIONAL)},
        changed_fields=record.changed_fields,
        before=_struct(record.before),
        after=_struct(record.after),
        append_time=record.append_time,
    )


def record_filter(request: Any) -> RecordFilter:  # noqa: ANN401  any request that has these fields
    """Returns which records a request wants."""
    start, end = time_or_none(request, "start_time"), time_or_none(request, "end_time")
    return RecordFilter(start, end, **given(request, ["kind", "id", "actor", "factory"]))


def csv_row(record: Record) -> list[object]:
    """Returns a record as a row of COLUMNS."""
    return [_cell(getattr(record, name)) for name in COLUMNS]


def csv_part(data: bytes) -> HttpBody:
    """Returns a part of a file."""
    return HttpBody(content_type=CSV, data=data)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return " ".join(value) if isinstance(value, list) else value


def _content(struct: Struct) -> dict[str, Any]:
    """Returns what a Struct holds; it knows no whole numbers, JSON does."""
    return {name: _whole(value) for name, value in json_format.MessageToDict(struct).items()}


def _whole(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _struct(content: Mapping[str, Any] | None) -> Struct | None:
    if content is None:
        return None
    struct = Struct()
    struct.update(dict(content))
    return struct
