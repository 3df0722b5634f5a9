"""Generates the OpenAPI documents from the contracts: their REST bindings, and their comments as descriptions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.api import field_behavior_pb2

from services.catalog import GATEWAY, SERVICES, Service
from services.common.access.domain import Reach
from services.common.access.table import Access
from services.mesh.contracts import PAGE_TOKEN, Binding, ContractError, Contracts, Method, read_contracts
from services.mesh.merged import merged
from services.mesh.schemas import Schema, Schemas, Use, has_behavior

ABOUT = (
    "Every path may end in a slash, except after a `:verb`. Lists are bare arrays; the token of the next page is in "
    "the header `x-next-page-token`. Errors are `google.rpc.Status` as JSON. The same port takes gRPC and gRPC-Web."
)
FIELD_MASK = "google.protobuf.FieldMask"

# As Swagger UI asks for them. In the development profile nobody has to sign in.
TOKEN, DEVICE_KEY = "token", "device-key"
_SIGN_IN = {
    TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "What `montrg token` prints, or an OIDC issuer's token. The development profile asks for none.",
    },
    DEVICE_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A device's key, by which it writes readings.",
    },
}
_REACHES = {
    Reach.OWN: "it is about what is in the caller's factories; elsewhere is as if not there",
    Reach.COMMON: "it is about no factory",
    Reach.ALL: "it is about every factory, so it takes a caller who may see all of them",
}

_REQUEST_ID = {"$ref": "#/components/headers/RequestId"}
_ERRORS = {key: {"$ref": "#/components/responses/Error"} for key in ("4XX", "5XX")}
_COMPONENTS: dict[str, Any] = {
    "headers": {
        "RequestId": {"description": "Names the request in the logs.", "schema": {"type": "string"}},
        "NextPageToken": {
            "description": "Continues the list: send it as `page_token`. Not there on the last page.",
            "schema": {"type": "string"},
        },
        "Location": {"description": "The path of what was created.", "schema": {"type": "string"}},
    },
    "responses": {
        "Error": {
            "description": "Says what is wrong and what to do.",
            "headers": {"x-request-id": _REQUEST_ID},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
        }
    },
}
_STATUS: Schema = {
    "type": "object",
    "description": "An error: google.rpc.Status.",
    "properties": {
        "code": {"type": "integer", "format": "int32", "description": "The gRPC status code.", "examples": [5]},
        "message": {"type": "string", "description": "Says which thing, and what to do."},
        "details": {
            "type": "array",
            "description": "For programs: ErrorInfo with a stable reason, BadRequest with each bad field, and others.",
            "items": {"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]},
        },
    },
    "required": ["code", "message", "details"],
}
_STATES: Schema = {
    "type": "object",
    "description": "How the services are, as Envoy's health checks see them, at most a second ago.",
    "properties": {
        "status": {"type": "string", "enum": ["ok", "degraded"], "description": "`ok`: each lives and is ready."},
        "services": {
            "type": "object",
            "description": "By the services' names.",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "alive": {"type": "boolean", "description": "Whether a process of it lives."},
                    "ready": {"type": "boolean", "description": "Whether one of them reaches its database."},
                },
                "required": ["alive", "ready"],
            },
        },
    },
    "required": ["status", "services"],
}


def write_openapi(descriptor_set: Path, destination: Path) -> None:
    """Writes `<service>.json` for each service of the catalog into a folder, and `gateway.json` of all of them."""
    contracts = read_contracts(descriptor_set)
    destination.mkdir(parents=True, exist_ok=True)
    documents = {service.name: document(service, contracts) for service in SERVICES}
    for name, content in {**documents, GATEWAY.name: gateway_document(documents)}.items():
        text = json.dumps(content, ensure_ascii=False, indent=2)
        (destination / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def gateway_document(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document of the gateway's port, of those of the services, by name."""
    info = {"title": "flet-montrg: every service", "version": "v1", "description": ABOUT}
    alive, all_ready = "Tells of each service whether a process of it lives", "Tells whether every service is ready"
    return merged(documents, info, _probes(alive, all_ready, _STATES))


def document(service: Service, contracts: Contracts) -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document of one service's port."""
    schemas = Schemas(contracts)
    paths: dict[str, Any] = {}
    for name in service.contracts:
        for method in contracts.methods[name]:
            for index, binding in enumerate(method.bindings):
                operation = _operation(method, index, contracts, schemas)
                paths.setdefault(binding.path, {})[binding.verb.lower()] = operation
    tags = [{"name": _short(name), "description": contracts.comments[name]} for name in service.contracts]
    return {
        "openapi": "3.1.0",
        "info": {"title": f"flet-montrg: {service.title}", "version": "v1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [*tags, {"name": "Probes", "description": "Tells whether the service can be used."}],
        "paths": {
            **paths,
            **_probes("Tells whether a process of the service lives", "Tells whether it reaches its database", {}),
        },
        "components": {
            **_COMPONENTS,
            "securitySchemes": _SIGN_IN,
            "schemas": {**dict(sorted(schemas.components.items())), "Status": _STATUS},
        },
    }


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _operation(method: Method, index: int, contracts: Contracts, schemas: Schemas) -> dict[str, Any]:
    binding, first = method.bindings[index], method.bindings[0]
    comment = contracts.comments[f"{method.service}.{method.name}"]
    notes = [comment, f"In gRPC: `{method.service}/{method.name}`.", _needs(method.access)]
    if index:
        notes.append(f"The same as `{first.verb} {first.path}`.")
    operation: dict[str, Any] = {
        "operationId": f"{_short(method.service)}_{method.name}" + (f"_{index + 1}" if index else ""),
        "tags": [_short(method.service)],
        "summary": comment.split(". ")[0].rstrip("."),
        "description": " ".join(notes),
        **_access(method.access),
    }
    parameters = _path_parameters(method, binding, contracts, schemas) + _query(method, binding, contracts, schemas)
    if parameters:
        operation["parameters"] = parameters
    body = _body(method, binding, contracts, schemas)
    if body:
        operation["requestBody"] = body
    return {**operation, "responses": {**_success(method, contracts, schemas), **_ERRORS}}


def _needs(access: Access) -> str:
    """Says who may call it, in the secure profile."""
    if access.role is None or access.reach is None:
        raise ContractError("a method with a REST path needs a role: nobody else calls it by one")
    or_device = " or a device key" if access.devices else ""
    return f"Takes the role {access.role.name.lower()}{or_device}; {_REACHES[access.reach]}."


def _access(access: Access) -> dict[str, Any]:
    ways = [TOKEN, DEVICE_KEY] if access.devices else [TOKEN]
    role, reach = access.role, access.reach
    named = {f"x-montrg-{key}": value.name.lower() for key, value in (("role", role), ("reach", reach)) if value}
    return {"security": [{way: []} for way in ways], **named}


def _path_parameters(method: Method, binding: Binding, contracts: Contracts, schemas: Schemas) -> list[dict[str, Any]]:
    fields = {field.name: field for field in contracts.messages[method.request].field}
    return [
        _parameter("path", name, schemas.field(method.request, fields[name], Use.INPUT), required=True)
        for name in binding.variables
    ]


def _query(method: Method, binding: Binding, contracts: Contracts, schemas: Schemas) -> list[dict[str, Any]]:
    """What is neither in the path nor in the body is in the query; a message in there by its fields, with dots."""
    if binding.body == "*":
        return []
    return _query_fields(method.request, "", {*binding.variables, binding.body}, contracts, schemas)


def _query_fields(
    message: str, prefix: str, without: set[str], contracts: Contracts, schemas: Schemas
) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for field in contracts.messages[message].field:
        if field.name in without:
            continue
        kind = field.type_name.removeprefix(".")
        is_message = field.type == field.TYPE_MESSAGE and not kind.startswith("google.protobuf.")
        if is_message:
            result += _query_fields(kind, f"{prefix}{field.name}.", set(), contracts, schemas)
            continue
        schema = schemas.field(message, field, Use.INPUT)
        if kind == FIELD_MASK:
            schema["description"] = f"{schema.get('description', '')} Names are separated by commas.".strip()
        required = has_behavior(field, field_behavior_pb2.REQUIRED)
        result.append(_parameter("query", prefix + field.name, schema, required=required))
    return result


def _parameter(place: str, name: str, schema: Schema, *, required: bool) -> dict[str, Any]:
    description = schema.pop("description", None)
    parameter: dict[str, Any] = {"name": name, "in": place, "required": required, "schema": schema}
    if description:
        parameter["description"] = description
    examples = schema.pop("examples", None)
    # Only what must be given has an example: pages fill examples in, and a filter filled in surprises.
    if examples and required:
        parameter["example"] = examples[0]
    if schema.get("type") == "array":
        # In a path the values are one text with commas; in a query the parameter is repeated.
        parameter |= {"style": "simple", "explode": False} if place == "path" else {"style": "form", "explode": True}
    return parameter


def _body(method: Method, binding: Binding, contracts: Contracts, schemas: Schemas) -> dict[str, Any] | None:
    if not binding.body:
        return None
    if binding.body == "*":
        if not schemas.fields(method.request, Use.INPUT, binding.variables):
            return None
        schema = schemas.reference(method.request, Use.INPUT, binding.variables)
    else:
        field = next(f for f in contracts.messages[method.request].field if f.name == binding.body)
        use = Use.CREATE if method.is_create else Use.UPDATE
        schema = schemas.reference(field.type_name.removeprefix("."), use)
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _success(method: Method, contracts: Contracts, schemas: Schemas) -> dict[str, Any]:
    headers: dict[str, Any] = {"x-request-id": _REQUEST_ID}
    unwrapped = None if method.is_streaming else contracts.unwrapped_field(method.response)
    fields = {field.name: field for field in contracts.messages[method.response].field}
    if unwrapped:
        schema = schemas.field(method.response, fields[unwrapped], Use.ANSWER)
        if PAGE_TOKEN in fields:
            headers["x-next-page-token"] = {"$ref": "#/components/headers/NextPageToken"}
    elif method.is_file:
        # The contract does not say what is in a body. Every file that this mesh exports is a table.
        headers["content-disposition"] = {"description": "Names the file.", "schema": {"type": "string"}}
        content = {"text/csv": {"schema": {"type": "string"}}}
        return {"200": {"description": "A file.", "headers": headers, "content": content}}
    else:
        schema = schemas.reference(method.response, Use.ANSWER)
    status = "201" if method.is_create and contracts.location(method) else "200"
    if status == "201":
        headers["location"] = {"$ref": "#/components/headers/Location"}
    description = schema.pop("description", None) or contracts.comments.get(method.response, "What was asked for.")
    kind = "application/json"
    if method.server_streaming:
        kind, description = "text/event-stream", f"Server-sent events. The data of each is JSON: {description}"
    return {status: {"description": description, "headers": headers, "content": {kind: {"schema": schema}}}}


def _probes(health: str, ready: str, state: Schema) -> dict[str, Any]:
    """The probes of a port: what they tell, and what `/health` answers."""
    word: Schema = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}
    unavailable: Any = {"$ref": "#/components/responses/Error"}
    states = {"description": "No.", "content": {"application/json": {"schema": state}}}
    told = {
        "/health": (health, state or word, states if state else unavailable),
        "/ready": (ready, word, unavailable),
    }
    return {
        path: {
            "get": {
                "operationId": f"Probes_{path[1:]}",
                "tags": ["Probes"],
                "summary": text,
                "security": [],
                "responses": {
                    "200": {"description": "Yes.", "content": {"application/json": {"schema": answer}}},
                    "503": refusal,
                },
            }
        }
        for path, (text, answer, refusal) in told.items()
    }
