"""Ports for the servers that tests start; those of one worker of pytest-xdist are no other worker's.

One who looks for free ports takes them a moment later, and a server that is stopped wants its own back.
"""

import os
import random
import socket
import time

from services.local.settings import LocalSettings, read_settings

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
# TIME_WAIT of Linux, and some.
KEPT_S = 75.0


def _share(begin: int, end: int) -> list[int]:
    """This worker's part of a range, in any order."""
    size = (end - begin) // WORKERS
    return random.sample(range(begin + WORKER * size, begin + (WORKER + 1) * size), size)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the ephemeral range so that no client takes them meanwhile."""
    free: list[int] = []
    # Above them are those of a `montrg up` with an offset.
    for port in _share(20_000, 30_000):
        if _is_free(port):
            free.append(port)
        if len(free) == count:
            return free
    raise AssertionError("no free ports")


def mesh_on_free_ports(**variables: str) -> LocalSettings:
    """Settings of a `montrg up` with these variables, and with an offset at which every port is free.

    They stay so until it starts, however much later: a connection of another test could otherwise get one of them,
    which the kernel keeps for a minute after its end. Where a test has just made thousands of them, that one is waited
    for.
    """
    settings = mesh_of_the_moment(**variables)
    _HELD.extend(map(_bound, _ports(settings)))
    return settings


def mesh_of_the_moment(**variables: str) -> LocalSettings:
    """The same, but the ports are free only now."""
    end = time.monotonic() + KEPT_S
    while True:
        for offset in _share(200, 2_300):
            settings = read_settings(variables | {"MONTRG_PORT_OFFSET": str(offset)})
            if all(map(_is_free, _ports(settings))):
                return settings
        assert time.monotonic() < end, "no free ports"
        time.sleep(1)


def _ports(settings: LocalSettings) -> list[int]:
    return [settings.database_port, *(port for port, _ in settings.ports())]


# Bound as servers bind, which may listen all the same.
_HELD: list[socket.socket] = []


def _is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except OSError:
        return False
    return True


def _bound(port: int) -> socket.socket:
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        raise
    return holder


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]
