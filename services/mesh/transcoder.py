"""Renders what turns REST into gRPC, and the routes of the calls whose answer is a stream of server-sent events."""

import re
from collections.abc import Sequence
from typing import Any

from services.catalog import Service
from services.mesh import templates
from services.mesh.contracts import Binding, Contracts
from services.mesh.options import ENVOY_DESCRIPTOR_SET, RenderOptions
from services.mesh.routes import patience, streams_of

FILTER = "envoy.filters.http.grpc_json_transcoder"

_EVENTS = {"stream_newline_delimited": True, "stream_sse_style_delimited": True}
_IS_GET = {"name": ":method", "string_match": {"exact": "GET"}}
# Nothing between the service and a browser may keep events back.
_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


def config(services: Sequence[Service], options: RenderOptions, contracts: Contracts) -> dict[str, Any]:
    """Renders the filter's configuration for a listener with these services behind it."""
    names = [name for service in services for name in service.proto_services]
    return of_services([name for name in names if any(m.bindings for m in contracts.methods[name])], options)


def of_services(names: Sequence[str], options: RenderOptions) -> dict[str, Any]:
    """Renders the filter's configuration for proto services."""
    values = {
        "descriptor_set": options.path(*ENVOY_DESCRIPTOR_SET),
        "transcoded": list(names),
        "max_request_bytes": options.max_request_bytes,
        "max_response_bytes": options.max_response_bytes,
    }
    filled: dict[str, Any] = templates.fill(templates.load("transcoder.yaml"), values)
    return filled


def event_routes(service: Service, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders a route for each REST path of a method that streams its answers, if these are not parts of a file.

    These match the path as the caller sent it: only a route's own configuration can ask for another form of answer,
    and it is looked up before the call is transcoded.
    """
    common = config((service,), options, contracts)
    events = {
        **common,
        "print_options": {**common["print_options"], **_EVENTS},
        "match_incoming_request_route": True,
    }
    return [
        {
            "match": {"safe_regex": {"regex": _regex(binding)}, "headers": [_IS_GET]},
            "route": {"cluster": streams_of(service), **patience(method)},
            "typed_per_filter_config": {FILTER: events},
            "response_headers_to_add": [
                {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
                for key, value in _HEADERS.items()
            ],
        }
        for name in service.contracts
        for method in contracts.methods[name]
        if method.server_streaming and not method.is_file
        for binding in method.bindings
        if binding.verb == "GET"
    ]


def _regex(binding: Binding) -> str:
    """Returns what the paths of a binding match, with or without a slash at the end."""
    parts = re.split(r"\{[^}]*\}", binding.path)
    return "[^/]+".join(re.escape(part) for part in parts) + "/?"
