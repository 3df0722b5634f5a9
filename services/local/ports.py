"""Reserves the ports of the local mesh before anything starts.

The gRPC ports are in the range that the kernel takes the ports of outgoing connections from, so any connection of the
machine, also one of a service to its database, may sit on one of them just when its server begins to listen. A socket
that is bound but does not listen keeps a port out of that, and a server that sets SO_REUSEADDR can still have it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

from services.local.children import ChildError
from services.local.settings import HOST, LocalSettings

# The kernel keeps the port of a connection that ended for 60 s.
PATIENCE_S = 65.0
POLL_S = 0.5

_REMEDY = (
    "Stop the program (`ss -tanp` names it; it may be another `montrg up`), or set MONTRG_PORT_OFFSET, "
    "such as to 1000, to move all ports of this one"
)


@asynccontextmanager
async def reserved_ports(settings: LocalSettings, say: Callable[[str], object]) -> AsyncIterator[None]:
    """Holds every port until the block ends; ChildError names each port that another program has, and the remedy."""
    with ExitStack() as held:
        taken = [(port, purpose) for port, purpose in settings.ports() if not _reserve(port, held)]
        busy = [f"port {port} ({purpose}) is in use" for port, purpose in taken if _someone_listens(port)]
        if busy:
            raise ChildError("\n  ".join([*busy, _REMEDY]))
        for port, purpose in taken:
            say(f"waiting     for port {port}, which a connection of another program has")
            await _reserve_patiently(port, purpose, held)
        yield


async def _reserve_patiently(port: int, purpose: str, held: ExitStack) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not _reserve(port, held):  # noqa: ASYNC110 - the kernel sets no event
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise ChildError(f"port {port} ({purpose}) is in use by a connection\n  {_REMEDY}") from None


def _reserve(port: int, held: ExitStack) -> bool:
    """Binds a socket to the port, closed with `held`; tells whether that was possible."""
    holder = socket.socket()
    # As servers do: a connection that a former run of the server left behind is no hindrance.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((HOST, port))
    except OSError:
        holder.close()
        return False
    held.enter_context(holder)
    return True


def _someone_listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0
