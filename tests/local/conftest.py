"""Folders for tests of real servers and processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others can pass through: pytest's own is closed to the user that root runs PostgreSQL as."""
    path = Path(tempfile.mkdtemp(prefix="montrg-local-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
