"""Renders what the secure profile adds: TLS for callers, mutual TLS for those whom Envoy calls."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.catalog import Service
from services.common.identities import spiffe_id
from services.mesh import templates
from services.mesh.options import RenderOptions, Secure

_HANDSHAKE = "10s"  # who takes longer to show who they are is cut off


def protected(listener: dict[str, Any], options: RenderOptions, *, knows_neighbours: bool = False) -> dict[str, Any]:
    """Returns a listener that takes TLS alone; it is as it was in dev.

    With `knows_neighbours` a caller may show a certificate of the mesh, which has to be a good one then.
    """
    secure = options.secure
    if secure is None:
        return listener
    values = {"folder": options.path_of(secure.folder)}
    socket = templates.fill(templates.load("downstream_tls.yaml"), values)
    if knows_neighbours:
        context = socket["typed_config"]["common_tls_context"]
        context["validation_context_sds_secret_config"] = templates.fill(templates.load("neighbours.yaml"), values)
    added = {"transport_socket": socket, "transport_socket_connect_timeout": _HANDSHAKE}
    return {**listener, "filter_chains": [{**chain, **added} for chain in listener["filter_chains"]]}


def upstream(service: Service, options: RenderOptions) -> dict[str, Any]:
    """Returns what a cluster of a service's processes or pods gets: mutual TLS, or nothing in dev."""
    if options.secure is None:
        return {}
    values = {
        "host": service.host,
        "uri": spiffe_id(service.name, options.secure.trust_domain),
        "folder": options.path_of(options.secure.folder),
    }
    return {"transport_socket": templates.fill(templates.load("upstream_tls.yaml"), values)}


def outside(host: str, authorities: Path) -> dict[str, Any]:
    """Returns what a cluster of somebody outside of the mesh gets: TLS with the certificate of that host."""
    values = {"host": host, "authorities": str(authorities)}
    return {"transport_socket": templates.fill(templates.load("outside_tls.yaml"), values)}


def admin_address(options: RenderOptions) -> dict[str, Any]:
    """Returns where the admin interface is, as Envoy reads it; a socket in the file system is its user's alone."""
    place = options.admin
    if isinstance(place, Path):
        return {"pipe": {"path": options.path_of(place), "mode": 0o600}}
    return {"socket_address": {"address": place[0], "port_value": place[1]}}


def secrets(secure: Secure) -> Mapping[str, dict[str, Any]]:
    """Returns the files in `secure.folder` that say where the certificates are, by name."""
    pieces = templates.load("secrets.yaml")
    wanted = {
        "shown": (pieces["certificate"], secure.shown),
        "own": (pieces["certificate"], secure.own),
        "authorities": (pieces["authorities"], secure.own),
    }
    return {
        f"{name}.yaml": templates.fill(piece, {"name": name, "certs": str(certs)})
        for name, (piece, certs) in wanted.items()
    }
