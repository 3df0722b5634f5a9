"""Ports for the servers that tests start."""

import random
import socket


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the ephemeral range so that no client takes them meanwhile."""
    free: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1000):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
        free.append(port)
        if len(free) == count:
            return free
    raise AssertionError("no free ports")


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]
