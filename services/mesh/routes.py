"""Renders the routes of one port: a timeout and a retry policy for each RPC, and what the Lua filters are to do."""

from collections.abc import Sequence
from typing import Any

from services.catalog import Service
from services.mesh.contracts import Contracts, Method, json_twins

TIMEOUT = "5s"

# A batch of 10,000 readings is committed to disk before it is answered. And what was measured in a year at every place
# is read from millions of rows: a second try beside the first one would only take longer.
_READINGS = "/montrg.realtime.v1.IngestService/WriteReadings"
_QUERIES = (
    *(f"Get{of}Aggregation" for of in ("", "Location", "Factory", "Building", "Floor")),
    "QueryTimeSeries",
)
_SLOW = (
    _READINGS,
    *(f"/montrg.aggregation.v1.Aggregation{kind}/{name}" for kind in ("Service", "JsonService") for name in _QUERIES),
)
# A test message waits up to 10 s for what becomes of it.
TIMEOUTS = dict.fromkeys(_SLOW, "30s") | {"/montrg.alert.v1.SubscriptionService/TestSubscription": "12s"}

# The lists that Envoy gives again for so many seconds instead of asking the service, which makes about a tenth as many
# answers. A second, since what follows the limits by their revision may be that far behind, too.
KEPT_S = {"/montrg.thresholds.v1.ThresholdService/ListThresholds": 1}

# A stream may be silent for as long as nothing happens; its heartbeats are the server's business.
ENDLESS = {"timeout": "0s", "idle_timeout": "0s"}

# Built-in services of every server, whose streams last as long as their callers do.
BUILT_IN = ("/grpc.reflection.", "/grpc.health.")

# Sent again only where no process can have begun to work on it, so it is right for writes, too.
NEVER_BEGUN = "connect-failure,refused-stream"
# A call that reaches a process in the very moment in which it stops is CANCELLED, as is what is cut off after a grace.
RETRY_READ = f"{NEVER_BEGUN},unavailable,cancelled,reset"

# What gRPC reads of these headers, whoever sends them; anything else would be an internal error there.
_READABLE = {"grpc-timeout": "[0-9]{1,8}[HMSmun]", "grpc-encoding": "identity|gzip|deflate"}

_LUA_PER_ROUTE = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute"


def streams_of(service: Service) -> str:
    """Returns the name of the cluster that streams go to."""
    return f"{service.name}_streams"


def has_streams(service: Service, contracts: Contracts) -> bool:
    """Tells whether a service has a method that streams its answers."""
    return any(method.server_streaming for method in _methods(service, contracts))


def routes(service: Service, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders the routes of a service's listener; the last one takes what is not an RPC of a known contract."""
    return [
        *_with_orders(service, _methods(service, contracts), contracts),
        *_built_in(service),
        _untouched(service),
    ]


def gateway_routes(services: Sequence[Service], contracts: Contracts, elsewhere: str) -> list[dict[str, Any]]:
    """Renders the routes of a listener with several services; what only neighbours call is not among them.

    Args:
        services: who is behind it.
        contracts: what they can be asked.
        elsewhere: says where gRPC is answered that is nobody's by its name, such as reflection.
    """
    calls = [
        {"name": service.name, **route}
        for service in services
        for route in _with_orders(service, _open_methods(service, contracts), contracts)
    ]
    is_grpc = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
    unknown = {
        "match": {"prefix": "/", "headers": [is_grpc]},
        "direct_response": {"status": 501, "body": {"inline_string": elsewhere}},
    }
    return [*calls, unknown, _untouched(services[0])]


def unreadable() -> list[dict[str, Any]]:
    """Renders what answers calls with a header that no process could read; it stands before all other routes.

    Of anything but a POST gRPC's servers reset the call, which would look as if they were broken and be sent again.
    """
    kind = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
    is_no_post = {"name": ":method", "string_match": {"exact": "POST"}, "invert_match": True}
    no_call = {"match": {"prefix": "/", "headers": [kind, is_no_post]}, "direct_response": {"status": 405}}
    return [
        no_call,
        *(
            {
                "match": {
                    "prefix": "/",
                    "headers": [{"name": name, "invert_match": True, "string_match": {"safe_regex": {"regex": regex}}}],
                },
                "direct_response": {
                    "status": 400,
                    "body": {"inline_string": f"{name} has a value that gRPC does not know"},
                },
            }
            for name, regex in _READABLE.items()
        ),
    ]


def call_routes(service: Service, contracts: Contracts) -> list[dict[str, Any]]:
    """Renders the routes of gRPC calls to a service; the last one takes what is not an RPC of a known contract."""
    return [
        *(_of_method(service, method) for method in _methods(service, contracts)),
        *_built_in(service),
        _of_all_else(service),
    ]


def keeps(service: Service) -> bool:
    """Tells whether a service's listener has a list to keep."""
    return any(path[1:].partition("/")[0] in service.contracts for path in KEPT_S)


def _methods(service: Service, contracts: Contracts) -> list[Method]:
    return [method for contract in service.proto_services for method in contracts.methods.get(contract, ())]


def _open_methods(service: Service, contracts: Contracts) -> list[Method]:
    """Returns what callers from outside may call, and what REST calls of it become."""
    twins = {name for name, original in json_twins(service.proto_services) if original in service.contracts}
    return [method for method in _methods(service, contracts) if method.service in {*service.contracts, *twins}]


def _of_method(service: Service, method: Method) -> dict[str, Any]:
    cluster = streams_of(service) if method.server_streaming else service.name
    return {"match": {"path": method.path}, "route": {"cluster": cluster, **patience(method)}}


def _with_orders(service: Service, methods: Sequence[Method], contracts: Contracts) -> list[dict[str, Any]]:
    found = []
    for method in methods:
        orders = _orders(method, contracts)
        found.append(_of_method(service, method) | ({"metadata": {"filter_metadata": orders}} if orders else {}))
    return found


def _built_in(service: Service) -> list[dict[str, Any]]:
    return [{"match": {"prefix": prefix}, "route": {"cluster": service.name, **ENDLESS}} for prefix in BUILT_IN]


def _of_all_else(service: Service) -> dict[str, Any]:
    return {"match": {"prefix": "/"}, "route": {"cluster": service.name, "timeout": TIMEOUT}}


def _untouched(service: Service) -> dict[str, Any]:
    """A route with a cluster, because CORS works on no other. A REST call is on it until it is transcoded.

    What is answered before that has no message for rest.lua to reshape, and a kept list is a tenth faster without it.
    """
    untouched = {"envoy.filters.http.lua": {"@type": _LUA_PER_ROUTE, "disabled": True}}
    return {**_of_all_else(service), "typed_per_filter_config": untouched}


def _orders(method: Method, contracts: Contracts) -> dict[str, Any]:
    """What the Lua filters are to do with a method's calls."""
    orders: dict[str, Any] = {}
    if shape := _shape(method, contracts):
        orders["envoy.filters.http.lua"] = shape
    if method.path in KEPT_S:
        orders["keep"] = {"path": method.bindings[0].path, "seconds": KEPT_S[method.path]}
    return orders


def patience(method: Method) -> dict[str, Any]:
    """Returns how long a method's calls may take, and when they are sent again."""
    if method.client_streaming:
        return ENDLESS
    if method.server_streaming:
        return {**ENDLESS, "retry_policy": _retries(NEVER_BEGUN)}
    retries = _retries(RETRY_READ if method.is_read else NEVER_BEGUN)
    if method.is_read and method.path not in TIMEOUTS:
        # Leaves time for a second process where the first one hangs.
        retries["per_try_timeout"] = "2.4s"
    return {"timeout": TIMEOUTS.get(method.path, TIMEOUT), "retry_policy": retries}


def _retries(retry_on: str) -> dict[str, Any]:
    return {
        "retry_on": retry_on,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [_previous_hosts()],
        "host_selection_retry_max_attempts": 3,
    }


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
