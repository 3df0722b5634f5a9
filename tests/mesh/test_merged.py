"""One document of several: what has one name and one meaning is there once, what has several gets several names."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from services.catalog import SERVICES
from services.mesh.merged import merged
from services.mesh.options import ROOT

INFO = {"title": "both", "version": "v1"}


def document(path: str, **schemas: Any) -> dict[str, Any]:
    answer = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{next(iter(schemas))}"}}}}
    operation = {"operationId": path, "tags": [path], "responses": {"200": {"description": "It.", **answer}}}
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": path, "description": "Is of one."}],
        "paths": {f"/{path}": {"get": operation}},
        "components": {"schemas": schemas},
    }


def refers_to(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"of": {"$ref": f"#/components/schemas/{name}"}}}


def test_names_with_several_meanings_get_their_services_in_front_and_so_does_what_refers_to_them() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    documents = {
        "alert": document("a", List=refers_to("State"), State=text, Same=text),
        "alert_history": document("b", List=refers_to("State"), State=number, Same=text),
    }
    found = merged(documents, INFO, {})
    validate(found)
    assert found["components"]["schemas"] == {
        "AlertHistoryList": refers_to("AlertHistoryState"),
        "AlertHistoryState": number,
        "AlertList": refers_to("AlertState"),
        "AlertState": text,
        "Same": text,
    }
    assert '"#/components/schemas/AlertHistoryList"' in json.dumps(found["paths"]["/b"])


def test_a_path_that_two_services_have_is_refused() -> None:
    documents = {"a": document("x", One={"type": "string"}), "b": document("x", Two={"type": "string"})}
    with pytest.raises(ValueError, match="/x is another thing in another service"):
        merged(documents, INFO, {})


def test_the_gateways_document_is_valid_and_has_every_operation_of_every_service() -> None:
    folder = ROOT / "gen" / "openapi"
    everything = json.loads((folder / "gateway.json").read_text())
    validate(everything)
    assert everything["servers"] == [{"url": "/"}]
    probes = {"/health", "/ready"}
    own = [json.loads((folder / f"{service.name}.json").read_text())["paths"] for service in SERVICES]
    assert {path: [*item] for path, item in everything["paths"].items() if path not in probes} == {
        path: [*item] for paths in own for path, item in paths.items() if path not in probes
    }
    assert "alive" in json.dumps(everything["paths"]["/health"])
    ids = [operation["operationId"] for item in everything["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids)
