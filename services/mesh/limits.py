"""What one caller, or all of them together, may take of an Envoy."""

from dataclasses import dataclass

from services.common.settings import SECURE, Environment, profile

MIB = 1024 * 1024
MOST_RATE = 1_000_000
MOST_HOPS = 10
# In the secure profile: calls a second of one person or device, and of one address, behind which may be a whole plant.
IDENTITY_RATE, ADDRESS_RATE = 200, 1_000
# Whoever shows no credential gets one call in so many of an address's. There is little that they may do anyway.
STRANGERS_SHARE = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one Envoy. Of rates 0 means that nobody counts.

    Attributes:
        identity_rate: calls a second of one signed-in person or one device key, for each port.
        address_rate: calls a second of one address (IPv6: one /64), for each port; neighbours are not counted.
        stranger_rate: calls a second of one address without a token or key.
        trusted_hops: proxies in front of Envoy whose `x-forwarded-for` is believed.
        connections: of callers, all ports together; 8001 and the admin interface are not counted.
        connections_of_port: of callers to one port, so that one service's cannot take the others' all.
        calls: under way to one service, beside streams of answers; what is more is refused rather than kept waiting.
        retries: calls that are sent again to one service at the same time, where a fifth of all is not more.
        request_s: seconds within which the whole of a request has to arrive, unless an answer has begun.
        headers_s: seconds within which its headers have to.
        idle_s: seconds after which a call is ended on which nothing moves; streams of answers have their own rule.
        stream_s: seconds after which any call is ended, streams of answers, too.
        heap_bytes: what Envoy may take; from 95 % on it refuses calls, from 98 % on connections.
    """

    identity_rate: int = 0
    address_rate: int = 0
    stranger_rate: int = 0
    trusted_hops: int = 0
    connections: int = 10_000
    connections_of_port: int = 8_000
    calls: int = 2_000
    retries: int = 100
    request_s: int = 60
    headers_s: int = 10
    idle_s: int = 60
    stream_s: int = 3_600
    heap_bytes: int = 1024 * MIB


# What holds where nothing is set: bounds, but nobody counts.
UNCOUNTED = Limits()


def read_limits(environment: Environment, heap_mib: int = 1024) -> Limits:
    """Reads the limits that a deployment may set; in the secure profile calls are counted by default."""
    is_secure = profile(environment) == SECURE
    address_rate = environment.integer("RATE_PER_ADDRESS", ADDRESS_RATE if is_secure else 0, 0, MOST_RATE)
    return Limits(
        identity_rate=environment.integer("RATE_PER_IDENTITY", IDENTITY_RATE if is_secure else 0, 0, MOST_RATE),
        address_rate=address_rate,
        # In dev nobody has credentials to show.
        stranger_rate=-(-address_rate // STRANGERS_SHARE) if is_secure else 0,
        trusted_hops=environment.integer("TRUSTED_HOPS", 0, 0, MOST_HOPS),
        heap_bytes=environment.integer("ENVOY_HEAP_MIB", heap_mib, 64, 1024 * 1024) * MIB,
    )
