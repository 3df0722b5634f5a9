"""Reads the descriptor set: methods with their REST bindings, messages, and the comments on all of them."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto

from services.common.access.table import Access, access_of

# A service of this name answers the REST callers of the service without `Json`, with HttpBody instead of messages.
_JSON_TWIN = re.compile(r"JsonService$")

VERBS = ("get", "put", "post", "delete", "patch")
HTTP_BODY = "google.api.HttpBody"
PAGE_TOKEN = "next_page_token"  # noqa: S105  a field's name

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=[^}]*)?\}")
_LIST_NAME = re.compile(r"^(List|BatchGet|Match)\w*Response$")

# Numbers of the fields of descriptor.proto, which a comment's path is made of.
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES = 4, 5, 6
_MESSAGE_FIELDS, _MESSAGE_NESTED, _MESSAGE_ENUMS = 2, 3, 4
_SERVICE_METHODS, _ENUM_VALUES = 2, 2


class ContractError(Exception):
    """A contract says something that REST cannot be made to say."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One verb and path of a method.

    Attributes:
        verb: in capitals, such as GET.
        path: the template as it is declared, without a slash at the end.
        body: the request's field that the body fills, `*` for the whole request, or empty.
    """

    verb: str
    path: str
    body: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the path's variables, in order."""
        return tuple(_VARIABLE.findall(self.path))


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC. `request` and `response` are full names of messages, `access` says who may call it."""

    service: str
    name: str
    request: str
    response: str
    client_streaming: bool
    server_streaming: bool
    bindings: tuple[Binding, ...]
    access: Access

    @property
    def path(self) -> str:
        """The path that a gRPC call of this method has."""
        return f"/{self.service}/{self.name}"

    @property
    def is_streaming(self) -> bool:
        """Whether either side sends more than one message."""
        return self.client_streaming or self.server_streaming

    @property
    def is_read(self) -> bool:
        """Whether REST serves it by GET alone, so that it is safe to send twice."""
        return bool(self.bindings) and all(binding.verb == "GET" for binding in self.bindings)

    @property
    def is_file(self) -> bool:
        """Whether REST answers it with the bytes that its messages hold, as they are."""
        return self.response == HTTP_BODY

    @property
    def is_create(self) -> bool:
        """Whether REST answers it with 201."""
        return self.name.startswith("Create") and any(binding.verb == "POST" for binding in self.bindings)


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts, by full name. `comments` has a key for each thing that has a comment."""

    methods: Mapping[str, tuple[Method, ...]]
    messages: Mapping[str, DescriptorProto]
    enums: Mapping[str, EnumDescriptorProto]
    comments: Mapping[str, str]

    def unwrapped_field(self, message: str) -> str | None:
        """Returns the field that is the whole REST answer, a bare array, or None where the message is the answer."""
        if not _LIST_NAME.match(message.rpartition(".")[2]):
            return None
        fields = list(self.messages[message].field)
        lists = [f for f in fields if is_repeated(f) and f.type == FieldDescriptorProto.TYPE_MESSAGE]
        others = [f.name for f in fields if f not in lists]
        if len(lists) != 1 or others not in ([], [PAGE_TOKEN]) or fields[0] is not lists[0]:
            raise ContractError(
                f"{message}: an answer of this name is a bare array in REST, so it must have one repeated message "
                f"field, first, and beside it only {PAGE_TOKEN}; rename it or move its other fields"
            )
        return str(lists[0].name)

    def location(self, create: Method) -> str | None:
        """Returns the path template by which what `create` made is read, such as `/api/v1/thresholds/{threshold_id}`.

        Its one variable is the first field of the resource, and so the first thing in the answer's JSON. None if
        no method reads it.
        """
        for method in self.methods[create.service]:
            if method.response != create.response or not method.is_read:
                continue
            binding = method.bindings[0]
            if len(binding.variables) == 1:
                first = self.messages[create.response].field[0].name
                if binding.variables[0] != first:
                    raise ContractError(f"{create.response}: its first field must be {binding.variables[0]}")
                return binding.path
        return None


def is_repeated(field: FieldDescriptorProto) -> bool:
    """Tells whether a field holds a list."""
    return bool(field.label == FieldDescriptorProto.LABEL_REPEATED)


def read_contracts(descriptor_set: Path) -> Contracts:
    """Reads a descriptor set that buf built, with imports and comments."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set.read_bytes()).file
    methods: dict[str, tuple[Method, ...]] = {}
    messages: dict[str, DescriptorProto] = {}
    enums: dict[str, EnumDescriptorProto] = {}
    comments: dict[str, str] = {}
    for file in files:
        texts = {tuple(loc.path): _text(loc.leading_comments) for loc in file.source_code_info.location}
        for name, path, thing in _things(file):
            if texts.get(path):
                comments[name] = texts[path]
            if isinstance(thing, DescriptorProto):
                messages[name] = thing
            elif isinstance(thing, EnumDescriptorProto):
                enums[name] = thing
            elif isinstance(thing, descriptor_pb2.ServiceDescriptorProto):
                methods[name] = tuple(_method(name, m) for m in thing.method)
    for name, original in json_twins(methods):
        bindings = {method.name: method.bindings for method in methods[original]}
        methods[name] = tuple(replace(method, bindings=bindings[method.name]) for method in methods[name])
    return Contracts(methods, messages, enums, comments)


def json_twins(services: Collection[str]) -> list[tuple[str, str]]:
    """Returns the services that answer in JSON, and whose REST callers they answer."""
    found = [(name, _JSON_TWIN.sub("Service", name)) for name in services if _JSON_TWIN.search(name)]
    return [(name, original) for name, original in found if original in services]


def _text(comment: str) -> str:
    return " ".join(line.strip() for line in comment.strip().splitlines())


_Named = tuple[str, tuple[int, ...], object]


def _things(file: descriptor_pb2.FileDescriptorProto) -> Iterator[_Named]:
    for i, message in enumerate(file.message_type):
        yield from _in_message(f"{file.package}.{message.name}", (_FILE_MESSAGES, i), message)
    for i, enum in enumerate(file.enum_type):
        yield from _in_enum(f"{file.package}.{enum.name}", (_FILE_ENUMS, i), enum)
    for i, service in enumerate(file.service):
        name, path = f"{file.package}.{service.name}", (_FILE_SERVICES, i)
        yield name, path, service
        for j, method in enumerate(service.method):
            yield f"{name}.{method.name}", (*path, _SERVICE_METHODS, j), method


def _in_message(name: str, path: tuple[int, ...], message: DescriptorProto) -> Iterator[_Named]:
    yield name, path, message
    for i, field in enumerate(message.field):
        yield f"{name}.{field.name}", (*path, _MESSAGE_FIELDS, i), field
    for i, nested in enumerate(message.nested_type):
        yield from _in_message(f"{name}.{nested.name}", (*path, _MESSAGE_NESTED, i), nested)
    for i, enum in enumerate(message.enum_type):
        yield from _in_enum(f"{name}.{enum.name}", (*path, _MESSAGE_ENUMS, i), enum)


def _in_enum(name: str, path: tuple[int, ...], enum: EnumDescriptorProto) -> Iterator[_Named]:
    yield name, path, enum
    for i, value in enumerate(enum.value):
        yield f"{name}.{value.name}", (*path, _ENUM_VALUES, i), value


def _method(service: str, method: descriptor_pb2.MethodDescriptorProto) -> Method:
    bindings: list[Binding] = []
    if method.options.HasExtension(annotations_pb2.http):
        rule = method.options.Extensions[annotations_pb2.http]
        bindings = [_binding(r) for r in (rule, *rule.additional_bindings)]
    return Method(
        service=service,
        name=method.name,
        request=method.input_type.removeprefix("."),
        response=method.output_type.removeprefix("."),
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
        bindings=tuple(bindings),
        access=_access(service, method),
    )


def _access(service: str, method: descriptor_pb2.MethodDescriptorProto) -> Access:
    access = access_of(method.options)
    if access is None:
        raise ContractError(
            f"{service}.{method.name}: say who may call it with the option montrg.type.v1.access: a role and a reach "
            "for people, callers for services, mesh for whoever has a certificate; devices need a role, too"
        )
    return access


def _binding(rule: http_pb2.HttpRule) -> Binding:
    verb = rule.WhichOneof("pattern")
    if verb not in VERBS:
        raise ContractError(f"a REST binding needs one of {', '.join(VERBS)}, and has {verb}")
    return Binding(verb=verb.upper(), path=getattr(rule, verb), body=rule.body)
