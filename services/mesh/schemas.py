"""Makes JSON schemas of messages as they are on the wire: snake_case, enums as names, timestamps as text.

A message has a schema for each use. As an answer it requires what is always printed: fields that have no presence,
and those that the contract calls REQUIRED. As input it leaves out what is OUTPUT_ONLY, and requires what the contract
calls REQUIRED, except in an update, which changes the fields that are set.
"""

from collections.abc import Collection
from enum import Enum
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto

from services.mesh.contracts import Contracts, is_repeated
from services.mesh.examples import keywords

Schema = dict[str, Any]

_F = FieldDescriptorProto

_SCALARS: dict[int, Schema] = {
    _F.TYPE_DOUBLE: {"type": "number", "format": "double"},
    _F.TYPE_FLOAT: {"type": "number", "format": "float"},
    _F.TYPE_INT32: {"type": "integer", "format": "int32"},
    _F.TYPE_SINT32: {"type": "integer", "format": "int32"},
    _F.TYPE_SFIXED32: {"type": "integer", "format": "int32"},
    _F.TYPE_UINT32: {"type": "integer", "minimum": 0},
    _F.TYPE_FIXED32: {"type": "integer", "minimum": 0},
    # JSON numbers lose digits past 2^53, so protobuf's JSON has these as text.
    _F.TYPE_INT64: {"type": "string", "format": "int64"},
    _F.TYPE_SINT64: {"type": "string", "format": "int64"},
    _F.TYPE_SFIXED64: {"type": "string", "format": "int64"},
    _F.TYPE_UINT64: {"type": "string", "format": "uint64"},
    _F.TYPE_FIXED64: {"type": "string", "format": "uint64"},
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}

_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Any": {"type": "object"},
    "google.protobuf.Empty": {"type": "object"},
}


class Use(Enum):
    """What a message is used for; the value ends its schema's name."""

    ANSWER = ""
    INPUT = "Input"
    CREATE = "Create"
    UPDATE = "Update"


class Schemas:
    """Collects the schemas that one document refers to."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self.components: dict[str, Schema] = {}

    def reference(self, message: str, use: Use, without: Collection[str] = ()) -> Schema:
        """Returns a reference to a message's schema, which is made if it is not there yet.

        Args:
            message: the full name.
            use: decides what is required, and what is left out.
            without: fields that the path carries instead.
        """
        if message in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message])
        name = message.rpartition(".")[2] + use.value
        if name not in self.components:
            self.components[name] = {}  # known before its fields are, so that a message may hold itself
            self.components[name] = self._object(message, use, without)
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, owner: str, field: FieldDescriptorProto, use: Use) -> Schema:
        """Returns the schema of a field of the message `owner`, with its comment."""
        schema = self._value(field, use)
        if is_repeated(field) and "additionalProperties" not in schema:
            schema = {"type": "array", "items": schema}
        schema |= keywords(owner, field.name, schema)
        if is_repeated(field) and "items" in schema:
            singular = keywords(owner, field.name.removesuffix("s"), schema["items"])
            schema["items"] = {**schema["items"], **{k: v for k, v in singular.items() if k == "pattern"}}
        comment = self._contracts.comments.get(f"{owner}.{field.name}")
        return {**schema, "description": comment} if comment else schema

    def fields(self, message: str, use: Use, without: Collection[str] = ()) -> list[FieldDescriptorProto]:
        """Lists the fields of a message that are seen in a use of it."""
        own = self._contracts.messages[message].field
        seen = [f for f in own if use is Use.ANSWER or not has_behavior(f, field_behavior_pb2.OUTPUT_ONLY)]
        return [f for f in seen if f.name not in without]

    def _object(self, message: str, use: Use, without: Collection[str]) -> Schema:
        fields = self.fields(message, use, without)
        schema: Schema = {"type": "object"}
        comment = self._contracts.comments.get(message)
        if comment:
            schema["description"] = comment
        inner = use if use in (Use.ANSWER, Use.INPUT) else Use.INPUT
        schema["properties"] = {f.name: self.field(message, f, inner) for f in fields}
        required = [f.name for f in fields if _is_required(f, use)]
        return {**schema, "required": required} if required else schema

    def _value(self, field: FieldDescriptorProto, use: Use) -> Schema:
        name = field.type_name.removeprefix(".")
        if field.type == _F.TYPE_ENUM:
            return self._enum(name)
        if field.type != _F.TYPE_MESSAGE:
            return dict(_SCALARS[field.type])
        message = self._contracts.messages[name]
        if message.options.map_entry:
            return {"type": "object", "additionalProperties": self._value(_map_value(message), use)}
        return self.reference(name, use)

    def _enum(self, name: str) -> Schema:
        # The first value means that nothing was said; it is never sent.
        return {"type": "string", "enum": [value.name for value in self._contracts.enums[name].value[1:]]}


def has_behavior(field: FieldDescriptorProto, behavior: int) -> bool:
    """Tells whether the contract marks a field so, by google.api.field_behavior."""
    return behavior in field.options.Extensions[field_behavior_pb2.field_behavior]


def _map_value(entry: DescriptorProto) -> FieldDescriptorProto:
    return next(field for field in entry.field if field.name == "value")


def _is_required(field: FieldDescriptorProto, use: Use) -> bool:
    if use is Use.UPDATE:
        return False
    if has_behavior(field, field_behavior_pb2.REQUIRED):
        return True
    if use is not Use.ANSWER:
        return False
    has_presence = field.proto3_optional or field.HasField("oneof_index") or field.type == _F.TYPE_MESSAGE
    return is_repeated(field) or not has_presence
