"""An embedded PostgreSQL for a test run, in a folder of its own that goes with it."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.postgres import EmbeddedPostgres


def free_port() -> int:
    """A port that nobody listens on, below the ephemeral range so that no client takes it meanwhile."""
    for port in range(20_000 + hash(tempfile.mkdtemp()) % 8_000, 32_000):
        with socket.socket() as candidate:
            if candidate.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Runs a server and gives its admin's address."""
    folder = Path(tempfile.mkdtemp(prefix="montrg-test-"))
    folder.chmod(0o755)  # root's server runs as another user, which must reach it
    try:
        with EmbeddedPostgres(folder, free_port()) as server:
            yield server.admin_url
    finally:
        shutil.rmtree(folder, ignore_errors=True)
