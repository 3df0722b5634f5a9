"""Renders Envoy's configuration from the catalog, the contracts and the pieces below `envoy/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from services.mesh import clusters, egress, issuers, listeners, secure, status, templates, tracing
from services.mesh.contracts import read_contracts
from services.mesh.doors import doors
from services.mesh.options import DESCRIPTOR_SET, ROOT, RenderOptions

_HEADER = (
    "# Rendered by services/mesh. What is committed is compared by a test; its paths begin in the project's folder.\n"
)


def render_config(options: RenderOptions) -> dict[str, Any]:
    """Renders one Envoy with a listener for each door and each neighbour, as plain data for YAML."""
    contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
    whom = options.collector
    values = {
        "admin_address": secure.admin_address(options),
        "max_connections": options.limits.connections,
        "heap_bytes": options.limits.heap_bytes,
        "listeners": [
            *(tracing.told(listeners.listener(door, options, contracts), whom) for door in doors(options)),
            *(
                tracing.told(egress.listener(called, options, contracts), whom)
                for called in options.neighbours
                if called.port
            ),
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
