"""Renders Envoy's configuration from the catalog, the contracts and the pieces below `envoy/`."""

from pathlib import Path
from typing import Any

import yaml

from services.catalog import Service
from services.mesh import docs, replies, templates, transcoder
from services.mesh.contracts import Contracts, read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT, RenderOptions
from services.mesh.routes import has_streams, keeps, routes, streams_of

RENDERED = ROOT / "envoy" / "rendered" / "local.yaml"

MOST_REQUESTS = 10_000  # calls and streams under way to a service

# A snapshot of every sensor is megabytes in one message, which should not wait for window updates.
CALLS = {"window_bytes": 16 * 1024 * 1024, "connection_window_bytes": 64 * 1024 * 1024}
# Somebody slow may read a stream: then what is sent waits in the service, which drops it, and not in Envoy's memory.
# However many streams wait, the others flow: the window of the connection that they share has room for all.
STREAMS = {"window_bytes": 64 * 1024, "connection_window_bytes": MOST_REQUESTS * 64 * 1024}

_HEADER = (
    "# Rendered by `python -m services.mesh render`; a test compares. Paths are relative to the project's folder.\n"
)


def render_config(options: RenderOptions) -> dict[str, Any]:
    """Renders one Envoy with a listener for each service, as plain data for YAML."""
    contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
    values = {
        "admin_address": options.admin_address,
        "admin_port": options.admin_port,
        "max_connections": options.max_connections,
        "listeners": [_listener(service, options, contracts) for service in options.services],
        "clusters": [c for service in options.services for c in _clusters(service, options, contracts)],
    }
    config: dict[str, Any] = templates.fill(templates.load("bootstrap.yaml"), values)
    return config


def write_config(options: RenderOptions, destination: Path) -> None:
    """Writes the configuration to a file, in a folder that is made if need be."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(to_yaml(render_config(options)), encoding="utf-8")


def to_yaml(config: dict[str, Any]) -> str:
    """Returns the configuration as YAML: the same text for the same content."""
    text = yaml.dump(config, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER + text


class _Plain(yaml.SafeDumper):
    """Writes a thing that is used twice out twice: Envoy reads anchors, people do not."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002
        return True


def _listener(service: Service, options: RenderOptions, contracts: Contracts) -> dict[str, Any]:
    texts = {"name": service.name, "max_request_text": f"{options.max_request_bytes // 1024 // 1024} MiB"}
    values = {
        "name": service.name,
        "address": options.listen_address,
        "port": options.rest_port(service),
        "access_log": _access_log(options),
        "mappers": replies.mappers(texts),
        "cors_origins": [{"safe_regex": {"regex": origin}} for origin in options.cors_origins],
        "routes": [
            *docs.routes(service, options),
            *transcoder.event_routes(service, options, contracts),
            *routes(service, contracts),
        ],
        "max_docs_bytes": docs.MAX_BYTES,
        "health_clusters": {service.name: {"value": 1}},
        # All, or a caller that waited for /ready would be refused until another cluster notices.
        "ready_clusters": {own["name"]: {"value": 1} for own in _own_values(service, contracts)},
        "keeps_nothing": not keeps(service),
        "keep_file": options.path("envoy", "keep.lua"),
        "rest_file": options.path("envoy", "rest.lua"),
        "transcoder": transcoder.config(service, options, contracts),
        "max_request_bytes": options.max_request_bytes,
    }
    listener: dict[str, Any] = templates.fill(templates.load("listener.yaml"), values)
    return listener


def _clusters(service: Service, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    """Clusters of the same processes: for calls, for streams, and whether they reach their database."""
    endpoints = [
        {"endpoint": {"address": {"socket_address": {"address": options.upstream_address, "port_value": port}}}}
        for port in options.grpc_ports(service)
    ]
    common = {"endpoints": endpoints, "most_requests": MOST_REQUESTS}
    piece = templates.load("cluster.yaml")
    return [templates.fill(piece, values | common) for values in _own_values(service, contracts)]


def _own_values(service: Service, contracts: Contracts) -> list[dict[str, Any]]:
    """Returns what is each cluster's own: its name, what its health check asks for, and its windows."""
    alive = service.contracts[0]
    values: list[dict[str, Any]] = [{"name": service.name, "health_name": alive, **CALLS}]
    if has_streams(service, contracts):
        values.append({"name": streams_of(service), "health_name": alive, **STREAMS})
    return [*values, {"name": f"{service.name}_ready", "health_name": "ready", **CALLS}]


def _access_log(options: RenderOptions) -> list[dict[str, Any]]:
    if options.access_log is None:
        return []
    piece = templates.load("access_log.yaml")
    return [templates.fill(piece, {"path": str(options.access_log)})]
