"""A network that connects to allowed addresses alone.

A name is resolved when a connection is made, and the connection is made to what was resolved and checked: whoever can
write a subscription must not reach what only this machine should, whatever a name server says the second time.
"""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from services.alert.networks import Networks


class RefusedTargetError(Exception):
    """A webhook's host has no address that messages may be sent to."""


class UnknownHostError(Exception):
    """A webhook's host cannot be resolved now."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses alone."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
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
        return [address for address in addresses if self._networks.allow(address)]
