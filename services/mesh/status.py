"""Renders the port on which a cluster's probes and Prometheus ask how Envoy and the processes behind it are."""

import json
from collections.abc import Mapping
from typing import Any

from services.catalog import Service
from services.mesh import secure, templates, transcoder
from services.mesh.clusters import assignment, cluster_type, load_assignment
from services.mesh.options import Place, RenderOptions
from services.mesh.routes import NEVER_BEGUN

METRICS = "montrg.operations.v1.MetricsService"
PROCESS = "process"  # the parameter that names one

_ADMIN = "admin"
# Prometheus gives up after ten seconds.
_TIMEOUT = "9s"
_ASKED_AT = "%REQ(:AUTHORITY)%"


def listeners(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders the port, if there is to be one."""
    if options.status_port is None:
        return []
    values = {
        "address": options.listen_address,
        "port": options.status_port,
        "targets": _targets(options),
        "metrics": _routes(options),
        "which": _which(options),
        "transcoder": transcoder.of_services([METRICS], options)
        # So that the route is that of the parameter, which is none of the request's; all other paths are not gRPC's.
        | {
            "match_incoming_request_route": True,
            "ignored_query_parameters": [PROCESS],
            "request_validation_options": {"reject_unknown_query_parameters": True},
        },
    }
    return [secure.protected(templates.fill(templates.load("status.yaml"), values), options)]


def clusters(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders what that port sends to: Envoy's own admin interface, which the gateway asks, too, and each process."""
    if options.status_port is None and options.gateway_port is None:
        return []
    addresses = [secure.admin_address(options)]
    admin = {"name": _ADMIN, "type": "STATIC", "load_assignment": assignment(_ADMIN, addresses)}
    if options.status_port is None:
        return [admin]
    return [admin, *(_cluster(name, *found, options) for name, found in _processes(options).items())]


def _processes(options: RenderOptions) -> Mapping[str, tuple[Service, Place]]:
    """Returns each process by its name, such as `realtime`, `realtime-2`: as the workers of one machine are called."""
    return {
        service.process(number): (service, place)
        for service in options.services
        for number, place in enumerate(options.processes(service), 1)
    }


def _which(options: RenderOptions) -> str:
    """Says which processes can be named, where none is, or one that is not there."""
    names = [*_processes(options)]
    if not names:
        return "there is no process behind this Envoy: pods tell the figures of theirs themselves"
    return (
        f"{PROCESS}: name one, such as /metrics?{PROCESS}={names[0]}; there are {', '.join(names)}; "
        "/targets lists them for Prometheus"
    )


def _targets(options: RenderOptions) -> str:
    """Returns what Prometheus' http_sd reads: a target for each process, at the address that was asked."""
    return json.dumps(
        [
            {
                "targets": [_ASKED_AT],
                "labels": {"service": service.name, "process": name, f"__param_{PROCESS}": name},
            }
            for name, (service, _) in _processes(options).items()
        ]
    )


def _routes(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders a route to each process by its name; a single one needs none."""
    processes = [*_processes(options)]
    named = [_route(name, {"string_match": {"exact": name}}) for name in processes]
    alone = [_route(processes[0], {"present_match": False})] if len(processes) == 1 else []
    return [*named, *alone]


def _route(process: str, asked: dict[str, Any]) -> dict[str, Any]:
    retries = {"retry_on": NEVER_BEGUN, "num_retries": 1}
    return {
        "match": {"path": "/metrics", "query_parameters": [{"name": PROCESS, **asked}]},
        "route": {"cluster": _cluster_of(process), "timeout": _TIMEOUT, "retry_policy": retries},
    }


def _cluster_of(process: str) -> str:
    return f"metrics_{process}"


def _cluster(process: str, service: Service, place: Place, options: RenderOptions) -> dict[str, Any]:
    name = _cluster_of(process)
    filled: dict[str, Any] = templates.fill(templates.load("process.yaml"), {"name": name})
    found = {**cluster_type([place]), "load_assignment": load_assignment(name, [place])}
    return {**filled, **found, **secure.upstream(service, options)}
