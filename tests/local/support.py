"""What tests of real processes ask about them."""

import time
from collections.abc import Callable
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(is_true: Callable[[], bool], within: float = 10.0) -> bool:
    """Waits until something holds, and returns whether it did."""
    deadline = time.monotonic() + within
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
