"""Renders the routes of `/docs` and `/openapi.json`, which Envoy answers itself from files.

Direct responses rather than the file_server filter, which Envoy's threat model does not cover yet: there is no path
to escape from, since each file is named, and the files are read once, when Envoy starts.
"""

from typing import Any

from services.catalog import Service
from services.mesh import templates
from services.mesh.options import RenderOptions

# Swagger UI's script is 1.7 MB; the default limit of a direct response is 4 KiB.
MAX_BYTES = 4 * 1024 * 1024

_TRANSCODER = "envoy.filters.http.grpc_json_transcoder"


def routes(service: Service, options: RenderOptions) -> list[dict[str, Any]]:
    """Renders a route for each file."""
    paths = {
        "docs": options.path("services", "mesh", "swagger"),
        "openapi": options.path("gen", "openapi", f"{service.name}.json"),
    }
    return [_route(entry) for entry in templates.fill(templates.load("docs.yaml"), paths)]


def _route(entry: dict[str, str]) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"
    is_read = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    route = {
        "match": {"safe_regex": {"regex": entry["path"].replace(".", r"\.")}, "headers": [is_read]},
        # Without services it lets pass what it would refuse as an unknown path.
        "typed_per_filter_config": {_TRANSCODER: {"@type": kind, "proto_descriptor": "", "services": []}},
    }
    if "redirect" in entry:
        return {**route, "redirect": {"path_redirect": entry["redirect"], "response_code": "FOUND"}}
    headers = {"content-type": entry["type"], "cache-control": "no-cache"}
    return {
        **route,
        "direct_response": {"status": 200, "body": {"filename": entry["file"]}},
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in headers.items()
        ],
    }
