"""Renders Envoy's configuration from the catalog, the contracts and the pieces below `envoy/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from services.catalog import Service
from services.mesh import (
    clusters,
    docs,
    egress,
    issuers,
    rates,
    replies,
    secure,
    status,
    templates,
    tracing,
    transcoder,
)
from services.mesh.contracts import Contracts, read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT, RenderOptions
from services.mesh.routes import keeps, routes, unreadable

_HEADER = (
    "# Rendered by services/mesh. What is committed is compared by a test; its paths begin in the project's folder.\n"
)


def render_config(options: RenderOptions) -> dict[str, Any]:
    """Renders one Envoy with a listener for each service and each neighbour, as plain data for YAML."""
    contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
    whom = options.collector
    values = {
        "admin_address": secure.admin_address(options),
        "max_connections": options.limits.connections,
        "heap_bytes": options.limits.heap_bytes,
        "listeners": [
            *(tracing.told(_listener(service, options, contracts), whom) for service in options.services),
            *(tracing.told(egress.listener(called, options, contracts), whom) for called in options.neighbours),
            *issuers.listeners(options),
            *status.listeners(options),
        ],
        "clusters": [
            *(c for service in options.services for c in clusters.of_processes(service, options, contracts)),
            *(c for neighbour in options.neighbours for c in clusters.of_pods(neighbour, options, contracts)),
            *issuers.clusters(options.issuers),
            *status.clusters(options),
            *tracing.clusters(whom),
        ],
    }
    config: dict[str, Any] = templates.fill(templates.load("bootstrap.yaml"), values)
    return {**config, **issuers.bootstrap(options)}


def files(options: RenderOptions, destination: Path) -> Mapping[Path, str]:
    """Returns the text of a configuration at its destination, and of the files that it names, by their paths."""
    beside = secure.secrets(options.secure) if options.secure else {}
    folder = ROOT / options.secure.folder if options.secure else ROOT
    return {
        destination: to_yaml(render_config(options)),
        **{folder / name: to_yaml(content) for name, content in beside.items()},
    }


def write_config(options: RenderOptions, destination: Path) -> None:
    """Writes the configuration to a file, and what it names; folders are made if need be."""
    for file, text in files(options, destination).items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def to_yaml(config: dict[str, Any]) -> str:
    """Returns the configuration as YAML: the same text for the same content."""
    text = yaml.dump(config, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER + text


class _Plain(yaml.CSafeDumper):
    """Writes a thing that is used twice out twice: Envoy reads anchors, people do not."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002
        return True


def _listener(service: Service, options: RenderOptions, contracts: Contracts) -> dict[str, Any]:
    knows_neighbours = options.secure is not None and options.secure.knows_neighbours
    texts = {"name": service.name, "max_request_text": f"{options.max_request_bytes // 1024 // 1024} MiB"}
    values = {
        "name": service.name,
        "address": options.listen_address,
        "port": options.rest_port(service),
        "forward_client_cert": "SANITIZE_SET" if knows_neighbours else "SANITIZE",
        "foreign_traces": tracing.foreign(options),
        "access_log": _access_log(service, options),
        "mappers": replies.mappers(texts),
        "cors_origins": [{"safe_regex": {"regex": origin}} for origin in options.cors_origins],
        "routes": [
            *unreadable(),
            *docs.routes(service, options),
            *transcoder.event_routes(service, options, contracts),
            *routes(service, contracts),
        ],
        "max_docs_bytes": docs.MAX_BYTES,
        "health_clusters": {service.name: {"value": 1}},
        # All, or a caller that waited for /ready would be refused until another cluster notices.
        "ready_clusters": {name: {"value": 1} for name in clusters.names(service, contracts)},
        "sign_in": issuers.filters(options.issuers),
        # Whether a caller may have a list is decided by the service, for each call anew.
        "keeps_nothing": not keeps(service) or options.issuers is not None,
        "keep_file": options.path("envoy", "keep.lua"),
        "rest_file": options.path("envoy", "rest.lua"),
        "transcoder": transcoder.config(service, options, contracts),
        "max_request_bytes": options.max_request_bytes,
        "limits_by_address": rates.address_filters(options.limits),
        "limits_by_identity": rates.identity_filters(options.limits),
        **_bounds(options),
    }
    listener: dict[str, Any] = templates.fill(templates.load("listener.yaml"), values)
    return secure.protected(listener, options, knows_neighbours=knows_neighbours)


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


def _access_log(service: Service, options: RenderOptions) -> list[dict[str, Any]]:
    if options.access_log is None:
        return []
    piece = templates.load("access_log.yaml")
    if not options.access_log.has_client:
        del piece["typed_config"]["log_format"]["json_format"]["client"]
    return [templates.fill(piece, {"path": str(options.access_log.file), "name": service.name})]
