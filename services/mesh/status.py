"""Renders the port on which a cluster's probes and Prometheus ask how Envoy is."""

from typing import Any

from services.mesh import templates
from services.mesh.clusters import cluster_type, load_assignment
from services.mesh.options import RenderOptions

_ADMIN = "admin"


def listeners(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders the port, if there is to be one."""
    if options.status_port is None:
        return []
    values = {"address": options.listen_address, "port": options.status_port}
    return [templates.fill(templates.load("status.yaml"), values)]


def clusters(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders Envoy's own admin interface as what that port sends to."""
    if options.status_port is None:
        return []
    places = [(options.loopback, options.admin_port)]
    return [{"name": _ADMIN, **cluster_type(places), "load_assignment": load_assignment(_ADMIN, places)}]
