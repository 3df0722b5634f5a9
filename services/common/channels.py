"""Client channels to neighbours: one a neighbour, over all of its processes, with keepalive and retries."""

from dataclasses import dataclass

import grpc
import orjson

from services.common.deadlines import ShrinkingDeadline
from services.common.renewing_channel import RenewingChannel
from services.common.telemetry.calls_made import CountedCalls, count_streams
from services.common.telemetry.traced_calls import TracedCalls
from services.common.tls import ClientCredentials

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
DEADLINE_S = 5.0

_SERVICE_CONFIG = {
    # Calls go round all processes that the target names or resolves to, and past one that is gone.
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

_OPTIONS = [
    ("grpc.service_config", orjson.dumps(_SERVICE_CONFIG).decode()),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # A neighbour that was restarted should be found within a second, not after gRPC's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
]


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go to, and how they are protected.

    Attributes:
        address: what `Environment.target` returns.
        credentials: what TLS is made with; None for plaintext.
        host: the name that is asked for in the certificate there; empty for the host in the address.
        neighbour: whose calls these are counted as; empty for calls that nobody counts.
    """

    address: str
    credentials: ClientCredentials | None = None
    host: str = ""
    neighbour: str = ""


def connect(target: str | Target) -> grpc.aio.Channel:
    """Opens a channel to `host:port`, or to what `Environment.target` returns; the first call makes connections.

    With a `Target` that has credentials it is one of TLS, and new calls go over new connections once those are renewed.
    """
    if isinstance(target, str):
        target = Target(target)
    channel = _open(target)
    if target.neighbour:
        count_streams(channel, target.neighbour)
    return channel


def _open(target: Target) -> grpc.aio.Channel:
    address, options = target.address, list(_OPTIONS)
    counted = [CountedCalls(target.neighbour)] if target.neighbour else []
    interceptors = [*counted, ShrinkingDeadline(), TracedCalls()]
    if target.credentials is None:
        return grpc.aio.insecure_channel(address, options, interceptors=interceptors)
    if target.host:
        options.append(("grpc.ssl_target_name_override", target.host))
    return RenewingChannel(
        target.credentials.channel, lambda with_: grpc.aio.secure_channel(address, with_, options, None, interceptors)
    )
