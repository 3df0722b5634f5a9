"""Has a child process end with its parent, whatever the parent dies of: also of SIGKILL, which lets it do nothing."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Returns a `preexec_fn` that has the kernel send `number` when the forking thread ends."""
    # Looked up before the fork: afterwards nothing may take a lock that another thread might have held.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before the line above, so the signal will never come
            os._exit(1)

    return bind
