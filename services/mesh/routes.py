"""Renders the routes of one listener: a timeout and a retry policy for each RPC, and what rest.lua is to do."""

from typing import Any

from services.catalog import Service
from services.mesh.contracts import Contracts, Method

TIMEOUT = "5s"

# A batch of 10,000 readings is committed to disk before it is answered.
TIMEOUTS = {"/montrg.realtime.v1.IngestService/WriteReadings": "30s"}

# A stream may be silent for as long as nothing happens; its heartbeats are the server's business.
ENDLESS = {"timeout": "0s", "idle_timeout": "0s"}

# Built-in services of every server, whose streams last as long as their callers do.
BUILT_IN = ("/grpc.reflection.", "/grpc.health.")

# Sent again only where no process can have begun to work on it, so it is right for writes, too.
NEVER_BEGUN = "connect-failure,refused-stream"
RETRY_READ = f"{NEVER_BEGUN},unavailable,reset"


def routes(service: Service, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders the routes of a service's listener; the last one takes what is not an RPC of a known contract."""
    cluster = service.name
    result = [
        _route(method, cluster, contracts)
        for contract in service.proto_services
        for method in contracts.methods.get(contract, ())
    ]
    result += [{"match": {"prefix": prefix}, "route": {"cluster": cluster, **ENDLESS}} for prefix in BUILT_IN]
    # A route with a cluster, because CORS works on no other.
    return [*result, {"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": TIMEOUT}}]


def _route(method: Method, cluster: str, contracts: Contracts) -> dict[str, Any]:
    route: dict[str, Any] = {"match": {"path": method.path}, "route": {"cluster": cluster, **_patience(method)}}
    shape = _shape(method, contracts)
    if shape:
        route["metadata"] = {"filter_metadata": {"envoy.filters.http.lua": shape}}
    return route


def _patience(method: Method) -> dict[str, Any]:
    if method.is_streaming:
        return ENDLESS
    retries: dict[str, Any] = {
        "retry_on": RETRY_READ if method.is_read else NEVER_BEGUN,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [_previous_hosts()],
        "host_selection_retry_max_attempts": 3,
    }
    if method.is_read:
        # Leaves time for a second process where the first one hangs.
        retries["per_try_timeout"] = "2.4s"
    return {"timeout": TIMEOUTS.get(method.path, TIMEOUT), "retry_policy": retries}


def _previous_hosts() -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
    return {"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": kind}}


def _shape(method: Method, contracts: Contracts) -> dict[str, str]:
    """What rest.lua has to know of a method whose REST answer differs from its message."""
    if not method.bindings or method.is_streaming:
        return {}
    field = contracts.unwrapped_field(method.response)
    if field:
        return {"list": field}
    location = contracts.location(method) if method.is_create else None
    if location is None:
        return {}
    head, _, variable = location.partition("{")
    return {"id": variable.rstrip("}"), "location": head}
