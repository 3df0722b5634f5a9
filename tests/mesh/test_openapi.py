"""The OpenAPI documents: valid, as committed, and true to what Envoy sends and takes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from services.catalog import SERVICES
from services.mesh.contracts import read_contracts
from services.mesh.openapi import document, write_openapi
from services.mesh.options import DESCRIPTOR_SET, ROOT

SET = ROOT.joinpath(*DESCRIPTOR_SET)
CONTRACTS = read_contracts(SET)
DOCUMENTS = {service.name: document(service, CONTRACTS) for service in SERVICES}


def operation(service: str, verb: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENTS[service]["paths"][path][verb]
    return found


def parameters(service: str, verb: str, path: str) -> dict[str, Any]:
    return {p["name"]: p for p in operation(service, verb, path).get("parameters", [])}


def schema(service: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENTS[service]["components"]["schemas"][name]
    return found


@pytest.mark.parametrize("service", DOCUMENTS)
def test_the_document_is_valid(service: str) -> None:
    validate(DOCUMENTS[service])


def test_the_committed_documents_are_what_is_generated(tmp_path: Path) -> None:
    write_openapi(SET, tmp_path)
    for service in SERVICES:
        committed = ROOT / "gen" / "openapi" / f"{service.name}.json"
        assert committed.read_text(encoding="utf-8") == (tmp_path / committed.name).read_text(encoding="utf-8")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_binding_is_an_operation_of_its_own(service: Any) -> None:
    paths = DOCUMENTS[service.name]["paths"]
    ids = [operation["operationId"] for verbs in paths.values() for operation in verbs.values()]
    assert len(ids) == len(set(ids))
    for name in service.contracts:
        for method in CONTRACTS.methods[name]:
            assert all(binding.verb.lower() in paths[binding.path] for binding in method.bindings)


def test_a_file_is_text_with_a_name_in_a_header() -> None:
    answer = operation("aggregation", "get", "/api/v1/aggregation/pcv_temperature/export")["responses"]["200"]
    assert answer["content"] == {"text/csv": {"schema": {"type": "string"}}}
    assert answer["headers"].keys() == {"x-request-id", "content-disposition"}


def test_a_list_is_a_bare_array_with_its_token_in_a_header() -> None:
    answer = operation("thresholds", "get", "/api/v1/thresholds")["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Threshold"},
    }
    assert "x-next-page-token" in answer["headers"]


def test_a_batch_has_no_token_and_its_names_are_separated_by_commas() -> None:
    path = "/api/v1/locations/batch/{sensor_ids}"
    assert "x-next-page-token" not in operation("location", "get", path)["responses"]["200"]["headers"]
    names = parameters("location", "get", path)["sensor_ids"]
    assert (names["style"], names["explode"], names["required"]) == ("simple", False, True)
    assert names["schema"]["items"]["pattern"]


def test_whom_an_alert_would_reach_is_a_bare_array_as_lists_are() -> None:
    answer = operation("alert", "get", "/api/v1/subscriptions/match")["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/SubscriptionMatch"},
    }
    assert "x-next-page-token" not in answer["headers"]


def test_a_create_is_201_with_a_location() -> None:
    responses = operation("thresholds", "post", "/api/v1/thresholds")["responses"]
    assert set(responses) == {"201", "4XX", "5XX"}
    assert "location" in responses["201"]["headers"]


def test_what_a_create_needs_an_update_may_leave_out() -> None:
    assert schema("thresholds", "ThresholdCreate")["required"] == ["threshold_type", "level"]
    assert "required" not in schema("thresholds", "ThresholdUpdate")
    for name in ("ThresholdCreate", "ThresholdUpdate"):
        assert not {"threshold_id", "upd_dt", "source"} & set(schema("thresholds", name)["properties"])


def test_types_are_those_of_the_wire() -> None:
    answer = schema("thresholds", "Threshold")["properties"]
    assert (answer["min_value"]["type"], answer["threshold_id"]["type"]) == ("number", "integer")
    assert (answer["upd_dt"]["type"], answer["upd_dt"]["format"]) == ("string", "date-time")
    outcome = schema("realtime", "RowOutcome")["properties"]["outcome"]
    assert outcome["enum"] == ["ACCEPTED", "DUPLICATE", "LATE", "CONFLICT", "REJECTED", "UNAVAILABLE"]


def test_optional_fields_are_not_required_and_always_printed_ones_are() -> None:
    assert schema("realtime", "Metric")["required"] == ["value"]
    assert schema("location", "SensorLocation")["required"] == [
        "loc_id",
        "plant",
        "factory",
        "building",
        "floor",
        "area",
    ]


def test_a_stream_is_documented_as_events_with_the_message_as_their_data() -> None:
    answer = operation("realtime", "get", "/api/v1/realtime/watch")["responses"]["200"]
    assert answer["description"].startswith("Server-sent events. The data of each is JSON")
    assert answer["content"] == {
        "text/event-stream": {"schema": {"$ref": "#/components/schemas/WatchMeasurementsResponse"}}
    }


def test_the_mask_is_one_text_in_the_query() -> None:
    mask = parameters("thresholds", "put", "/api/v1/thresholds/{threshold_id}")["update_mask"]
    assert (mask["in"], mask["schema"]["type"]) == ("query", "string")


def test_the_older_singular_path_is_documented_too() -> None:
    assert "The same as `GET /api/v1/locations`" in operation("location", "get", "/api/v1/location")["description"]


def test_a_verb_without_more_to_say_has_no_body() -> None:
    assert "requestBody" not in operation("thresholds", "post", "/api/v1/mappings/{map_id}:enable")


def test_every_operation_parameter_and_property_says_what_it_is() -> None:
    for service, described in DOCUMENTS.items():
        for path, verbs in described["paths"].items():
            for verb, found in verbs.items():
                assert found["summary"], (service, verb, path)
                assert all(p["description"] for p in found.get("parameters", [])), (service, verb, path)
        for name, component in described["components"]["schemas"].items():
            bare = [key for key, value in component["properties"].items() if "description" not in value]
            assert name == "Status" or not bare, (service, name, bare)


@pytest.mark.parametrize(
    ("verb", "path", "template"),
    [
        ("GET", "/api/v1/thresholds?limit=2", "/api/v1/thresholds"),
        ("GET", "/api/v1/thresholds:check", "/api/v1/thresholds:check"),
        ("DELETE", "/api/v1/thresholds/3", "/api/v1/thresholds/{threshold_id}"),
        ("GET", "/api/v1/thresholds/404", "/api/v1/thresholds/{threshold_id}"),
        ("GET", "/api/v1/thresholds?colour=red", "/api/v1/thresholds"),
        ("GET", "/health", "/health"),
    ],
)
async def test_real_answers_are_as_documented(
    verb: str, path: str, template: str, thresholds: httpx.AsyncClient
) -> None:
    answer = await thresholds.request(verb, path)
    responses = operation("thresholds", verb.lower(), template)["responses"]
    expected = responses.get(str(answer.status_code)) or responses[f"{answer.status_code // 100}XX"]
    components = DOCUMENTS["thresholds"]["components"]
    if "$ref" in expected:
        expected = components["responses"]["Error"]
    described = {**expected["content"]["application/json"]["schema"], "components": components}
    OAS31Validator(json.loads(json.dumps(described))).validate(answer.json())


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_operation_says_who_may_call_it_and_how_they_sign_in(service: Any) -> None:
    paths = DOCUMENTS[service.name]["paths"]
    for name in service.contracts:
        for method in CONTRACTS.methods[name]:
            for binding in method.bindings:
                found = paths[binding.path][binding.verb.lower()]
                ways = {way for each in found["security"] for way in each}
                assert ways == ({"token", "device-key"} if method.access.devices else {"token"})
                role, reach = method.access.role, method.access.reach
                assert role is not None
                assert reach is not None
                assert (found["x-montrg-role"], found["x-montrg-reach"]) == (role.name.lower(), reach.name.lower())
                assert f"Takes the role {role.name.lower()}" in found["description"]
    assert all(paths[path]["get"]["security"] == [] for path in ("/health", "/ready"))


@pytest.mark.parametrize("service", DOCUMENTS)
def test_the_ways_to_sign_in_are_those_that_the_page_can_ask_for(service: str) -> None:
    schemes = DOCUMENTS[service]["components"]["securitySchemes"]
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert (schemes["device-key"]["in"], schemes["device-key"]["name"]) == ("header", "x-api-key")
