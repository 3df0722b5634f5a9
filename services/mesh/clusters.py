"""Renders where Envoy sends to: the processes of a service, or the Envoys of the pods that they are in."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from services.catalog import Service
from services.mesh import secure, templates
from services.mesh.contracts import Contracts
from services.mesh.limits import Limits
from services.mesh.options import Neighbour, Place, RenderOptions
from services.mesh.routes import has_streams, streams_of

MOST_STREAMS = 10_000  # under way to a service

# A snapshot of every sensor is megabytes in one message, which should not wait for window updates.
CALLS = {"window_bytes": 16 * 1024 * 1024, "connection_window_bytes": 64 * 1024 * 1024}
# Somebody slow may read a stream: then what is sent waits in the service, which drops it, and not in Envoy's memory.
# However many streams wait, the others flow: the window of the connection that they share has room for all.
STREAMS = {"window_bytes": 64 * 1024, "connection_window_bytes": MOST_STREAMS * 64 * 1024}

# Asked of a pod's Envoy, which looks after its process itself: so many pods may ask without that process noticing. Any
# other answer than 200 counts at once.
_OF_A_POD = {"http_health_check": {"path": "/health", "codec_client_type": "HTTP2"}}
_READY_OF_A_POD = {"http_health_check": {"path": "/ready", "codec_client_type": "HTTP2"}}


def of_processes(service: Service, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders clusters of the same processes: for calls, for streams, and whether they reach their database."""
    places = options.processes(service)
    alive = service.contracts[0]
    return [
        _cluster(name, places, windows, {"grpc_health_check": {"service_name": asked}}, options.limits)
        | secure.upstream(service, options)
        for name, windows, asked in (
            *((name, windows, alive) for name, windows in _by_kind(service, contracts)),
            (_ready_of(service), CALLS, "ready"),
        )
    ]


def of_pods(neighbour: Neighbour, options: RenderOptions, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders clusters of the same pods: for calls, for streams, and for a gateway whether they are ready."""
    service = neighbour.service
    asked = [(name, windows, _OF_A_POD) for name, windows in _by_kind(service, contracts)]
    if neighbour.port is None:
        asked.append((_ready_of(service), CALLS, _READY_OF_A_POD))
    return [
        _cluster(name, neighbour.pods, windows, check, options.limits) | secure.upstream(service, options)
        for name, windows, check in asked
    ]


def names(service: Service, contracts: Contracts) -> list[str]:
    """Returns the names of the clusters of a service's processes."""
    return [*(name for name, _ in _by_kind(service, contracts)), _ready_of(service)]


def cluster_type(places: Sequence[Place]) -> dict[str, Any]:
    """Returns how Envoy finds processes: by their numeric addresses, or by asking for a name again and again."""
    if all(map(_is_numeric, [host for host, _ in places])):
        return {"type": "STATIC"}
    names: dict[str, Any] = templates.load("names.yaml")
    return names


def load_assignment(name: str, places: Sequence[Place]) -> dict[str, Any]:
    """Returns a cluster's places as Envoy reads them."""
    return assignment(name, [{"socket_address": {"address": host, "port_value": port}} for host, port in places])


def assignment(name: str, addresses: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns a cluster's addresses as Envoy reads them."""
    endpoints = [{"endpoint": {"address": address}} for address in addresses]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]}


def _by_kind(service: Service, contracts: Contracts) -> list[tuple[str, dict[str, int]]]:
    streams = [(streams_of(service), STREAMS)] if has_streams(service, contracts) else []
    return [(service.name, CALLS), *streams]


def _ready_of(service: Service) -> str:
    return f"{service.name}_ready"


def _cluster(
    name: str, places: Sequence[Place], windows: dict[str, int], check: dict[str, Any], limits: Limits
) -> dict[str, Any]:
    most = MOST_STREAMS if windows is STREAMS else limits.calls
    values = {"name": name, "most_requests": most, "retries": limits.retries, **windows}
    filled: dict[str, Any] = templates.fill(templates.load("cluster.yaml"), values)
    for each in filled["health_checks"]:
        each.update(check)
    return {**filled, **cluster_type(places), "load_assignment": load_assignment(name, places)}


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
