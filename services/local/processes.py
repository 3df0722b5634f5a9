"""Supervises the processes of a local mesh: starts them in order, restarts what dies, stops them in reverse."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from services.local.children import Child, ChildError, log_mark, log_since


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a child that died is started again, in seconds.

    The wait begins at `first`, doubles with each death up to `most`, and begins anew after a life of `healthy_after`.
    """

    first: float = 0.2
    most: float = 10.0
    healthy_after: float = 30.0

    def after(self, previous: float, lived: float) -> float:
        """Returns the next wait, given the previous one (0 for none) and how long the child lived."""
        if previous == 0 or lived >= self.healthy_after:
            return self.first
        return min(previous * 2, self.most)


def ending(code: int) -> str:
    """Returns what became of a process, such as `ended by SIGKILL`, from its `Popen.returncode`."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has a number only
        return f"ended by signal {-code}"


async def _exit_of(process: subprocess.Popen[bytes]) -> str:
    """Waits for the end of a process and of its group, and returns it in words."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    # Until it is reaped below, its number cannot have passed to another group: what it left behind ends with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return ending(process.wait())


@dataclass(slots=True, eq=False)
class _Entry:
    child: Child
    task: asyncio.Task[None] | None = None
    process: subprocess.Popen[bytes] | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Keeps children alive inside an `async with`; leaving it stops them in reverse order of their start.

    SIGINT, SIGTERM and SIGHUP cancel the body of the `async with`, wherever it is, and the statement then ends
    without an exception; `stopped_by` tells the signal.

        async with Supervisor(say=print) as mesh:
            await mesh.start(database)
            await asyncio.gather(*(mesh.start(child) for child in services))
            await mesh.wait()
    """

    def __init__(self, say: Callable[[str], None], *, grace: float = 15.0, backoff: Backoff | None = None) -> None:
        """Takes where its lines go, and how long a child may take to stop before the next signal is sent."""
        self._say = say
        self._grace = grace
        self._backoff = backoff or Backoff()
        self._entries: list[_Entry] = []
        self._closing = False
        self._body: asyncio.Task[object] | None = None
        self._signals: list[signal.Signals] = []
        self.stopped_by: signal.Signals | None = None

    @property
    def pids(self) -> dict[str, int]:
        """The children that run now, by name."""
        return {e.child.name: e.process.pid for e in self._entries if e.process is not None}

    @property
    def running(self) -> dict[str, tuple[subprocess.Popen[bytes], Path]]:
        """The processes that run now and the files that their output goes to, by the children's names."""
        return {e.child.name: (e.process, e.child.log) for e in self._entries if e.process is not None}

    async def __aenter__(self) -> Self:
        self._body = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup ignores SIGHUP on purpose; a SIGINT that is ignored only means that a script started us.
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            loop.add_signal_handler(number, self._on_signal, number)
            self._signals.append(number)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._closing = True
        for entry in reversed(self._entries):
            entry.stopping.set()
            if entry.task is not None:
                # Whoever started it or waited for it has had its exception already.
                await asyncio.gather(entry.task, return_exceptions=True)
            entry.child.close()
        for number in self._signals:
            asyncio.get_running_loop().remove_signal_handler(number)
        if self.stopped_by is None or self._body is None:
            return False
        self._body.uncancel()
        return isinstance(error, asyncio.CancelledError)

    def _on_signal(self, number: signal.Signals) -> None:
        # A second Ctrl-C must not break the order of a stop that is under way; its length is bounded anyway.
        if self._closing or self.stopped_by is not None or self._body is None:
            return
        self.stopped_by = number
        self._body.cancel()

    async def start(self, child: Child) -> None:
        """Starts a child and returns when it is ready.

        From then on it is started again whenever it ends. One that ends before it was ever ready raises ChildError:
        what fails at the first try is nearly always a mistake that more tries do not mend.
        """
        entry = _Entry(child)
        self._entries.append(entry)
        entry.task = asyncio.create_task(self._keep_alive(entry), name=child.name)
        ready = asyncio.create_task(entry.ready.wait())
        try:
            await asyncio.wait({entry.task, ready}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if entry.task.done():
            self._entries.remove(entry)
            child.close()
            entry.task.result()

    async def wait(self) -> None:
        """Waits until a signal asks for the stop."""
        # Not gather(): cancelled by the signal, it would cancel all of them at once, in no order.
        tasks = {entry.task for entry in self._entries if entry.task is not None}
        if tasks:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        await asyncio.Event().wait()

    async def _keep_alive(self, entry: _Entry) -> None:
        loop = asyncio.get_running_loop()
        name = entry.child.name
        delay = 0.0
        while True:
            began = loop.time()
            mark = log_mark(entry.child.log)
            try:
                outcome = await self._live(entry)
            except (ChildError, OSError) as error:
                if not entry.ready.is_set():
                    raise ChildError(f"{name} could not start: {error}") from error
                outcome = f"could not start: {error}"
            if self._closing:
                return
            if not entry.ready.is_set():
                raise ChildError(f"{name} did not become ready: it {outcome}{log_since(mark, entry.child.log)}")
            delay = self._backoff.after(delay, loop.time() - began)
            self._say(f"{name} {outcome}; starting again in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(entry.stopping.wait(), delay)
                return

    async def _live(self, entry: _Entry) -> str:
        """Launches the child, waits for its end or for the stop, and returns what became of it."""
        child = entry.child
        await asyncio.to_thread(child.prepare)
        if entry.stopping.is_set():
            return "was not started"
        process = entry.process = child.launch()
        ended = asyncio.create_task(_exit_of(process))
        ready = asyncio.create_task(child.ready())
        stopping = asyncio.create_task(entry.stopping.wait())
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait({ended, ready, stopping}, timeout=child.ready_within, return_when=first)
            if ready.done():
                ready.result()
                entry.ready.set()
                await asyncio.wait({ended, stopping}, return_when=first)
            hung = not (ended.done() or stopping.done())
        finally:
            ready.cancel()
            stopping.cancel()
            await self._end(child, process, ended)
            entry.process = None
        return f"was stopped after {child.ready_within:g} s without being ready" if hung else ended.result()

    async def _end(self, child: Child, process: subprocess.Popen[bytes], ended: asyncio.Task[str]) -> None:
        """Sends the child's stop signals, each with its grace, until it has ended."""
        for number in child.stop_signals:
            if ended.done():
                return
            process.send_signal(number)
            await asyncio.wait({ended}, timeout=self._grace)
            if not ended.done():
                self._say(f"{child.name} did not end within {self._grace:g} s of {number.name}")
        await ended
