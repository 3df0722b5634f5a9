"""Renders the listener of a door: the routes to who is behind it, and the filters that each call passes."""

from typing import Any

from services.mesh import compression, issuers, pages, probes, rates, replies, secure, templates, tracing, transcoder
from services.mesh.contracts import Contracts
from services.mesh.doors import Door
from services.mesh.options import RenderOptions
from services.mesh.routes import gateway_routes, keeps, routes, unreadable

# What a route is called stands for who is behind it, where that is not one alone.
_OF_ROUTE = "%ROUTE_NAME%"


def listener(door: Door, options: RenderOptions, contracts: Contracts) -> dict[str, Any]:
    """Renders the listener of one door."""
    knows_neighbours = options.secure is not None and options.secure.knows_neighbours
    texts = {
        "name": _OF_ROUTE if door.is_gateway else door.name,
        "max_request_text": f"{options.max_request_bytes // 1024 // 1024} MiB",
    }
    values = {
        "name": door.name,
        "address": options.listen_address,
        "port": door.port,
        "forward_client_cert": "SANITIZE_SET" if knows_neighbours else "SANITIZE",
        "foreign_traces": tracing.foreign(options),
        "told_to_pods": _told_to_pods(door, options),
        "access_log": _access_log(door, options),
        "mappers": replies.mappers(texts, probes.words(door)),
        "cors_origins": [{"safe_regex": {"regex": origin}} for origin in options.cors_origins],
        "routes": _routes(door, options, contracts),
        "max_page_bytes": pages.MAX_BYTES,
        "compression": compression.filters() if door.is_gateway else [],
        "probes": probes.filters(door, options, contracts),
        "sign_in": issuers.filters(options.issuers, [pages.match(page) for page in door.pages]),
        "keeps_nothing": not _keeps(door, options),
        "keep_file": options.path("envoy", "keep.lua"),
        "rest_file": options.path("envoy", "rest.lua"),
        "transcoder": transcoder.config(door.services, options, contracts),
        "max_request_bytes": options.max_request_bytes,
        "limits_by_address": rates.address_filters(options.limits),
        "limits_by_identity": rates.identity_filters(options.limits),
        **_bounds(options),
    }
    filled: dict[str, Any] = templates.fill(templates.load("listener.yaml"), values)
    return secure.protected(filled, options, knows_neighbours=knows_neighbours)


def _routes(door: Door, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    files = [*unreadable(), *pages.routes(door.pages)]
    events = [(s, route) for s in door.services for route in transcoder.event_routes(s, options, contracts)]
    if not door.is_gateway:
        return [*files, *(route for _, route in events), *routes(door.services[0], contracts)]
    named = [{"name": service.name, **route} for service, route in events]
    return [*files, *named, *gateway_routes(door.services, contracts, _elsewhere(door, options))]


def _elsewhere(door: Door, options: RenderOptions) -> str:
    """Says what the gateway cannot: it knows calls by their names, and each service has reflection and health."""
    known = options.services or ()
    places = [f"{s.name} {options.rest_port(s)}" if s in known else f"{s.host}:80" for s in door.services]
    return f"no service has a method of this name; reflection and health are at their own ports: {', '.join(places)}"


def _told_to_pods(door: Door, options: RenderOptions) -> list[dict[str, Any]]:
    """Returns what the gateway before pods says of where a call comes from.

    It is one address, whoever else is in front: so pods believe one hop, and nothing that a caller has made up.
    """
    if not door.is_gateway or options.services:
        return []
    address = {"key": "x-forwarded-for", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
    return [{"header": address, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]


def _keeps(door: Door, options: RenderOptions) -> bool:
    """Tells whether lists are kept.

    At the gateway every call would drop them, and a change at a service's own port none. And where callers sign in,
    whether one may have a list is decided by the service, for each call anew.
    """
    return not door.is_gateway and options.issuers is None and any(map(keeps, door.services))


def _bounds(options: RenderOptions) -> dict[str, Any]:
    limits = options.limits
    return {
        "trusted_hops": limits.trusted_hops,
        "connections_of_port": limits.connections_of_port,
        "request_timeout": f"{limits.request_s}s",
        "headers_timeout": f"{limits.headers_s}s",
        "idle_timeout": f"{limits.idle_s}s",
        "stream_timeout": f"{limits.stream_s}s",
    }


def _access_log(door: Door, options: RenderOptions) -> list[dict[str, Any]]:
    if options.access_log is None:
        return []
    piece = templates.load("access_log.yaml")
    if not options.access_log.has_client:
        del piece["typed_config"]["log_format"]["json_format"]["client"]
    return [templates.fill(piece, {"path": str(options.access_log.file), "name": door.name})]
