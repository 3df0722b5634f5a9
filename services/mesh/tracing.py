"""Renders what Envoy tells of calls in traces: on the ports of services and of neighbours, where a collector is given.

Probes and figures are asked for on another port, every few seconds and on behalf of nobody: of them nothing is told.
"""

from typing import Any

from services.common.telemetry.collector import Collector
from services.mesh import secure, templates
from services.mesh.clusters import cluster_type, load_assignment
from services.mesh.options import RenderOptions

_COLLECTOR = "collector"
_CALLERS_TRACE = "traceparent", "tracestate"
_MANAGER = "envoy.filters.network.http_connection_manager"


def told(listener: dict[str, Any], collector: Collector | None) -> dict[str, Any]:
    """Returns a listener that tells of its calls, or the same one where there is nobody to tell."""
    if collector is None:
        return listener
    added = templates.fill(templates.load("tracing.yaml"), {"percent": round(collector.ratio * 100, 4)})
    chains = [
        {**chain, "filters": [_with(each, added) for each in chain["filters"]]} for chain in listener["filter_chains"]
    ]
    return {**listener, "filter_chains": chains}


def foreign(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders what keeps callers outside from deciding what is told, where the sampler has none decide it.

    In pods the same port takes the calls of neighbours, whose traces go on.
    """
    if options.collector is None or options.collector.follows_callers or options.is_between_neighbours:
        return []
    return [{"remove": name} for name in _CALLERS_TRACE]


def _with(piece: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    if piece["name"] != _MANAGER:
        return piece
    return {**piece, "typed_config": {**piece["typed_config"], **added}}


def clusters(collector: Collector | None) -> list[dict[str, Any]]:
    """Renders where spans are told."""
    if collector is None:
        return []
    places = [(collector.host, collector.port)]
    protection = {} if collector.authorities is None else secure.outside(collector.host, collector.authorities)
    return [
        {
            **templates.load("collector.yaml"),
            **protection,
            **cluster_type(places),
            "load_assignment": load_assignment(_COLLECTOR, places),
        }
    ]
