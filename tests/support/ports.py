"""Ports for the servers that tests start."""

import random
import socket

from services.local.settings import LocalSettings, read_settings


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the ephemeral range so that no client takes them meanwhile."""
    free: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1000):
        if _is_free(port):
            free.append(port)
        if len(free) == count:
            return free
    raise AssertionError("no free ports")


def mesh_on_free_ports(**variables: str) -> LocalSettings:
    """Settings of a `montrg up` with these variables, and with an offset at which every port is free."""
    for offset in random.sample(range(200, 2_300), 200):
        settings = read_settings(variables | {"MONTRG_PORT_OFFSET": str(offset)})
        if all(map(_is_free, [settings.database_port, *(port for port, _ in settings.ports())])):
            return settings
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]
