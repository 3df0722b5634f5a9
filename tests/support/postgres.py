"""An embedded PostgreSQL for a test run, in a folder of its own that goes with it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.postgres import EmbeddedPostgres
from tests.support.ports import free_port


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
