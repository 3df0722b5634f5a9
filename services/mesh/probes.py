"""Renders what answers the probes of a door, `/health` and `/ready`, and what they say."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.mesh import clusters, templates
from services.mesh.contracts import Contracts
from services.mesh.doors import Door
from services.mesh.options import RenderOptions

HEALTH, READY = "health", "ready"


def filters(door: Door, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders the filters that answer."""
    pieces = templates.load("health.yaml")
    alive = [service.name for service in door.services]
    # All, or a caller that waited for /ready would be refused until another cluster notices.
    ready = [name for service in door.services for name in clusters.names(service, contracts)]
    each = {"name": HEALTH, "file": options.path("envoy", "health.lua")}
    health = templates.fill(pieces["each"], each) if door.is_gateway else _together(pieces, HEALTH, alive)
    return [health, _together(pieces, READY, ready)]


def words(door: Door) -> Sequence[Mapping[str, str]]:
    """Returns what the probes say that have no words of their own, see probes.yaml."""
    pieces: Mapping[str, Sequence[Mapping[str, str]]] = templates.load("probes.yaml")
    return pieces["gateway" if door.is_gateway else "service"]


def _together(pieces: Mapping[str, Any], name: str, of: Sequence[str]) -> dict[str, Any]:
    filled: dict[str, Any] = templates.fill(
        pieces["together"], {"name": name, "clusters": {cluster: {"value": 1} for cluster in of}}
    )
    return filled
