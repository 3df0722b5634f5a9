"""Makes one OpenAPI document of those of all services: what the gateway serves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_SCHEMAS = "#/components/schemas/"
_PROBES = "Probes"

Document = dict[str, Any]


def merged(documents: Mapping[str, Document], info: Document, probes: Document) -> Document:
    """Returns one document of several.

    Args:
        documents: each service's, by its name in the catalog.
        info: what the new one says of itself.
        probes: the paths that each port has of its own, as the gateway has them.

    A schema that is not the same in every document that has one of its name gets the name of the service in front.
    """
    renamed = _renamed({name: each["components"]["schemas"] for name, each in documents.items()})
    found = [_with_names(each, renamed[name]) for name, each in documents.items()]
    paths = _union([{path: item for path, item in each["paths"].items() if path not in probes} for each in found])
    components = [each["components"] for each in found]
    schemas = _union([each["schemas"] for each in components])
    tags = [tag for each in found for tag in each["tags"] if tag["name"] != _PROBES]
    return {
        **found[0],
        "info": info,
        "tags": [*tags, {"name": _PROBES, "description": "Tells whether the services can be used."}],
        "paths": {**paths, **probes},
        "components": {**components[0], "schemas": dict(sorted(schemas.items()))},
    }


def _renamed(schemas: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, str]]:
    """Returns for each service the schemas that need another name, and that name."""
    clashing: set[str] = set()
    while True:
        seen: dict[str, str] = {}
        more = set()
        for of_service in schemas.values():
            for name, schema in of_service.items():
                text = json.dumps(schema, sort_keys=True)
                # What refers to one that has several meanings has as many itself.
                refers = name in seen and any(f'"{_SCHEMAS}{other}"' in text for other in clashing)
                if refers or seen.setdefault(name, text) != text:
                    more.add(name)
        if more <= clashing:
            break
        clashing |= more
    return {
        service: {name: f"{_in_capitals(service)}{name}" for name in of_service if name in clashing}
        for service, of_service in schemas.items()
    }


def _in_capitals(service: str) -> str:
    return "".join(word.capitalize() for word in service.split("_"))


def _with_names(document: Document, names: Mapping[str, str]) -> Document:
    """Returns a document whose schemas, and what refers to them, have these names."""
    changed = _referring(document, {_SCHEMAS + old: _SCHEMAS + new for old, new in names.items()})
    components = changed["components"]
    schemas = {names.get(name, name): schema for name, schema in components["schemas"].items()}
    return {**changed, "components": {**components, "schemas": schemas}}


def _referring(thing: Any, references: Mapping[str, str]) -> Any:  # noqa: ANN401  what JSON holds
    if isinstance(thing, dict):
        return {
            key: references.get(value, value) if key == "$ref" else _referring(value, references)
            for key, value in thing.items()
        }
    return [_referring(each, references) for each in thing] if isinstance(thing, list) else thing


def _union(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns all of them together; one name for two things is a ValueError."""
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if result.setdefault(key, value) != value:
                raise ValueError(f"{key} is another thing in another service, and the gateway has one place for both")
    return result
