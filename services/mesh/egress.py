"""Renders the ports on which a service calls its neighbours: each balances over the neighbour's pods, call by call."""

from typing import Any

from services.mesh import templates
from services.mesh.contracts import Contracts
from services.mesh.options import Neighbour, RenderOptions
from services.mesh.routes import call_routes


def listener(neighbour: Neighbour, options: RenderOptions, contracts: Contracts) -> dict[str, Any]:
    """Renders the port of one neighbour: gRPC, with the time limits and retries that callers from outside have."""
    values = {
        "name": neighbour.service.name,
        "address": options.loopback,
        "port": neighbour.port,
        "routes": call_routes(neighbour.service, contracts),
    }
    filled: dict[str, Any] = templates.fill(templates.load("egress.yaml"), values)
    return filled
