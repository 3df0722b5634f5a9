"""Renders the port on which a cluster's probes and Prometheus ask how Envoy is."""

from typing import Any

from services.mesh import secure, templates
from services.mesh.clusters import assignment
from services.mesh.options import RenderOptions

_ADMIN = "admin"


def listeners(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders the port, if there is to be one."""
    if options.status_port is None:
        return []
    values = {"address": options.listen_address, "port": options.status_port}
    return [secure.protected(templates.fill(templates.load("status.yaml"), values), options)]


def clusters(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders Envoy's own admin interface as what that port sends to."""
    if options.status_port is None:
        return []
    addresses = [secure.admin_address(options)]
    return [{"name": _ADMIN, "type": "STATIC", "load_assignment": assignment(_ADMIN, addresses)}]
