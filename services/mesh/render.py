"""Renders Envoy's configuration from the catalog, the contracts and the pieces below `envoy/`."""

from pathlib import Path
from typing import Any

import yaml

from services.catalog import Service
from services.mesh import clusters, docs, egress, replies, status, templates, transcoder
from services.mesh.contracts import Contracts, read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT, RenderOptions
from services.mesh.routes import keeps, routes

_HEADER = (
    "# Rendered by services/mesh. What is committed is compared by a test; its paths begin in the project's folder.\n"
)


def render_config(options: RenderOptions) -> dict[str, Any]:
    """Renders one Envoy with a listener for each service and each neighbour, as plain data for YAML."""
    contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
    values = {
        "admin_address": options.loopback,
        "admin_port": options.admin_port,
        "max_connections": options.max_connections,
        "listeners": [
            *(_listener(service, options, contracts) for service in options.services),
            *(egress.listener(neighbour, options, contracts) for neighbour in options.neighbours),
            *status.listeners(options),
        ],
        "clusters": [
            *(c for service in options.services for c in clusters.of_processes(service, options, contracts)),
            *(c for neighbour in options.neighbours for c in clusters.of_pods(neighbour, contracts)),
            *status.clusters(options),
        ],
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
        "ready_clusters": {name: {"value": 1} for name in clusters.names(service, contracts)},
        "keeps_nothing": not keeps(service),
        "keep_file": options.path("envoy", "keep.lua"),
        "rest_file": options.path("envoy", "rest.lua"),
        "transcoder": transcoder.config(service, options, contracts),
        "max_request_bytes": options.max_request_bytes,
    }
    listener: dict[str, Any] = templates.fill(templates.load("listener.yaml"), values)
    return listener


def _access_log(options: RenderOptions) -> list[dict[str, Any]]:
    if options.access_log is None:
        return []
    piece = templates.load("access_log.yaml")
    return [templates.fill(piece, {"path": str(options.access_log)})]
