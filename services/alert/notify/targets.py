"""Which addresses a webhook may be sent to, and a network that keeps to it.

A name is resolved when a connection is made, and the connection is made to what was resolved and checked: whoever can
write a subscription must not reach what only this machine should, whatever a name server says the second time.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore

# Where clouds tell a machine its secrets.
_METADATA = tuple(
    ip_network(word) for word in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32")
)
_EMBEDDED = ip_network("64:ff9b::/96")


class RefusedTargetError(Exception):
    """A webhook's host has no address that messages may be sent to."""


class UnknownHostError(Exception):
    """A webhook's host cannot be resolved now."""


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Tells whether messages may be sent to an address."""
    ip = _inner(ip_address(address.partition("%")[0]))
    if any(ip in network for network in _METADATA) or ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    return allow_private or ip.is_global


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Returns the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, IPv6Address):
        if ip in _EMBEDDED:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses alone."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first address of the host that is allowed and answers."""
        failure: Exception | None = None
        for address in await self._allowed(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or RefusedTargetError

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._inner.sleep(seconds)

    async def _allowed(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise UnknownHostError from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        return [address for address in addresses if is_allowed(address, allow_private=self._allow_private)]
