"""Tells what a child of the supervisor is, and starts processes that do not outlive the one that started them.

A child's death signal is bound to the *thread* that forked, so children are launched from the main thread.

Children get process groups of their own. A terminal's Ctrl-C goes to the whole foreground group, and envoy and
PostgreSQL would each obey it at once, in no order; this way only the supervisor hears it.
"""

import contextlib
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from services.common.death_signal import dies_with_parent

LOG_LIMIT = 10 * 1024 * 1024


class ChildError(Exception):
    """A child cannot start or did not become ready; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that a process runs as, where that is not the user of the supervisor."""

    name: str
    uid: int
    gid: int


class Child(Protocol):
    """What the supervisor needs of a child; `Command` and `EmbeddedPostgres` are the two kinds."""

    @property
    def name(self) -> str:
        """What the console calls it."""

    @property
    def log(self) -> Path:
        """The file that its output goes to."""

    @property
    def stop_signals(self) -> tuple[signal.Signals, ...]:
        """Sent one after the other, each with a grace period, until it has ended."""

    @property
    def ready_within(self) -> float:
        """Seconds after which a child that is not ready counts as hung."""

    def prepare(self) -> None:
        """Does the slow work before each launch; called in a worker thread."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Forks the process and returns at once; called from the main thread."""

    async def ready(self) -> None:
        """Returns as soon as the child is usable."""

    def close(self) -> None:
        """Releases what is held between launches; called once, after the last stop."""


def open_log(path: Path) -> BinaryIO:
    """Opens a log for appending; one that has grown past the limit moves to `.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Forks a process that writes to `log`, has a process group of its own and dies with its parent."""
    with open_log(log) as output:
        return subprocess.Popen(  # noqa: S603 - the caller's own programs
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            process_group=0,
            # Popen changes the user before it calls preexec_fn, and it must: setuid clears the death signal.
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # Between fork and exec is the only place for it; it takes no lock, so other threads do no harm.
            preexec_fn=dies_with_parent(death_signal),  # noqa: PLW1509
        )


async def _at_once() -> None:
    """Is the readiness of a child that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Command:
    """A child that is a plain program.

    Attributes:
        argv: the program and its arguments.
        env: its whole environment; None inherits the supervisor's.
        until_ready: a coroutine function that returns once the program is usable, such as a health check that
            retries; by default a program is ready as soon as it runs.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    until_ready: Callable[[], Awaitable[None]] = _at_once
    ready_within: float = 60.0
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGKILL)

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Forks the program."""
        return spawn(self.argv, log=self.log, env=self.env, cwd=self.cwd)

    async def ready(self) -> None:
        """Waits for the caller's readiness."""
        await self.until_ready()

    def close(self) -> None:
        """Has nothing to release."""


def log_mark(path: Path) -> int:
    """Returns where in the log the output of the next launch will begin."""
    size = path.stat().st_size if path.exists() else 0
    return size if size <= LOG_LIMIT else 0  # a larger one is moved away by the launch


def log_since(mark: int, path: Path, lines: int = 8) -> str:
    """Returns the last lines that a launch wrote to its log, as the tail of an error message."""
    with path.open("rb") as log:
        log.seek(mark)
        said = log.read().decode(errors="replace").splitlines()[-lines:]
    return f"; {path} says:\n" + "\n".join(f"    {line}" for line in said) if said else "; it wrote nothing"
