"""Tests of the process supervisor, with real processes and real signals."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.local.children import LOG_LIMIT, ChildError, Command
from services.local.postgres import EmbeddedPostgres
from services.local.processes import Backoff, Supervisor, ending
from services.mesh.options import ROOT
from tests.local.support import is_alive
from tests.support.ports import free_port

QUICK = Backoff(first=0.05, most=0.2)
# Notes each signal that it gets, and stops at SIGTERM.
NOTING = """
trap 'echo {name} INT >> {notes}' INT
trap 'echo {name} TERM >> {notes}; exit 0' TERM
echo {name} started >> {notes}
while :; do sleep 0.02; done
"""
# A supervisor in a process of its own, with two children; prints their numbers when they are ready.
ALONE = """
import asyncio, sys
from pathlib import Path
from services.local.children import Command
from services.local.processes import Supervisor
async def main():
    async with Supervisor(say=print) as mesh:
        for number, script in enumerate(sys.argv[2:]):
            await mesh.start(Command(f"c{number}", ("/bin/sh", "-c", script), Path(sys.argv[1]) / f"c{number}.log"))
        await asyncio.sleep(0.3)
        print(*mesh.pids.values(), flush=True)
        await mesh.wait()
    print("stopped by", mesh.stopped_by.name, flush=True)
asyncio.run(main())
"""


def shell(folder: Path, name: str, script: str) -> Command:
    return Command(name, ("/bin/sh", "-c", script), folder / "logs" / f"{name}.log")


def noting(folder: Path, name: str) -> Command:
    return shell(folder, name, NOTING.format(name=name, notes=folder / "notes"))


async def seconds(limit: float = 10.0) -> AsyncIterator[None]:
    """Turns of a wait; the test fails when they are used up."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        yield
        await asyncio.sleep(0.02)
    raise AssertionError(f"did not happen within {limit} s")


async def notes_hold(folder: Path, *wanted: str) -> None:
    async for _ in seconds():
        if (folder / "notes").exists() and set(wanted) <= set((folder / "notes").read_text().splitlines()):
            return


async def gone(*pids: int) -> None:
    async for _ in seconds():
        if not any(is_alive(pid) for pid in pids):
            return


async def another_pid(mesh: Supervisor, name: str, old: int) -> int:
    async for _ in seconds():
        if mesh.pids.get(name, old) != old:
            return mesh.pids[name]
    raise AssertionError


async def test_the_next_child_waits_for_the_first_to_be_ready_and_they_stop_in_reverse(folder: Path) -> None:
    notes = folder / "notes"
    asked: list[str] = []

    async def slowly_ready() -> None:
        await notes_hold(folder, "first started")
        asked.append(notes.read_text())

    first = noting(folder, "first")
    first = Command("first", first.argv, first.log, until_ready=slowly_ready)
    async with Supervisor(say=print) as mesh:
        await mesh.start(first)
        await mesh.start(noting(folder, "second"))
        await notes_hold(folder, "second started")
        pids = list(mesh.pids.values())
    assert asked == ["first started\n"]
    assert notes.read_text().splitlines() == ["first started", "second started", "second TERM", "first TERM"]
    assert not any(is_alive(pid) for pid in pids)
    assert mesh.stopped_by is None


async def test_a_killed_child_is_started_again_and_the_console_says_so(folder: Path) -> None:
    said: list[str] = []
    async with Supervisor(said.append) as mesh:
        await mesh.start(noting(folder, "thresholds"))
        old = mesh.pids["thresholds"]
        os.kill(old, signal.SIGKILL)
        new = await another_pid(mesh, "thresholds", old)
        assert is_alive(new)
    assert said == ["thresholds ended by SIGKILL; starting again in 0.2 s"]


async def test_the_wait_doubles_while_a_child_goes_on_dying(folder: Path) -> None:
    said: list[str] = []
    async with Supervisor(said.append, backoff=QUICK) as mesh:
        await mesh.start(shell(folder, "broken", "exit 3"))
        async for _ in seconds():
            if len(said) >= 4:
                break
    waits = [line.removeprefix("broken ended with exit code 3; starting again in ") for line in said[:4]]
    assert waits == ["0.05 s", "0.1 s", "0.2 s", "0.2 s"]


def test_the_wait_is_bounded_and_begins_anew_after_a_healthy_life() -> None:
    backoff = Backoff()
    delays = [backoff.after(0, 0.1)]
    for _ in range(7):
        delays.append(backoff.after(delays[-1], 0.1))
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert backoff.after(10.0, 30.0) == 0.2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (7, "ended with exit code 7"),
        (-9, "ended by SIGKILL"),
        (-40, "ended by signal 40"),
    ],
)
def test_an_ending_is_told_in_words(code: int, words: str) -> None:
    assert ending(code) == words


async def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(folder: Path) -> None:
    said: list[str] = []
    async with Supervisor(said.append, grace=0.3) as mesh:
        await mesh.start(shell(folder, "stubborn", "trap '' TERM; while :; do sleep 0.02; done"))
        await asyncio.sleep(0.2)
        pid = mesh.pids["stubborn"]
    assert said == ["stubborn did not end within 0.3 s of SIGTERM"]
    assert not is_alive(pid)


async def test_what_a_child_left_behind_ends_with_it(folder: Path) -> None:
    async with Supervisor(say=print) as mesh:
        await mesh.start(shell(folder, "parent", f"sleep 60 & echo $! > {folder}/grandchild; wait"))
        async for _ in seconds():
            if (folder / "grandchild").exists() and (folder / "grandchild").read_text():
                break
    await gone(int((folder / "grandchild").read_text()))


async def never() -> None:
    await asyncio.Event().wait()


async def test_a_child_that_ends_before_it_is_ready_fails_the_start_with_the_end_of_its_log(folder: Path) -> None:
    log = folder / "bad.log"
    log.write_text("of an earlier run\n")
    bad = Command("bad", ("/bin/sh", "-c", "echo no such setting; exit 4"), log, until_ready=never)
    async with Supervisor(say=print) as mesh:
        with pytest.raises(ChildError) as failure:
            await mesh.start(bad)
    assert str(failure.value) == (
        f"bad did not become ready: it ended with exit code 4; {log} says:\n    no such setting"
    )


async def test_a_child_that_hangs_before_it_is_ready_is_stopped_and_fails_the_start(folder: Path) -> None:
    hung = Command("hung", ("sleep", "60"), folder / "hung.log", until_ready=never, ready_within=0.2)
    async with Supervisor(say=print) as mesh:
        with pytest.raises(ChildError, match=r"it was stopped after 0.2 s without being ready; it wrote nothing"):
            await mesh.start(hung)
        assert mesh.pids == {}


STARTS_A_GHOST = """
import asyncio, sys
from pathlib import Path
from services.local.children import Command
from services.local.processes import Supervisor

async def main():
    async with Supervisor(say=print) as mesh:
        await mesh.start(Command("ghost", ("/no/such/program",), Path(sys.argv[1]) / "ghost.log"))

asyncio.run(main())
"""


def test_a_program_that_does_not_exist_fails_the_start(folder: Path) -> None:
    # In a process of its own, as a supervisor is: one that is forked from threads of gRPC may end before it has told.
    command = [sys.executable, "-c", STARTS_A_GHOST, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"ChildError: ghost could not start: .*/no/such/program", done.stderr)


async def test_an_error_in_the_body_stops_the_children_and_goes_on(folder: Path) -> None:
    mesh = Supervisor(say=print)

    async def body() -> None:
        async with mesh:
            await mesh.start(noting(folder, "first"))
            pids.update(mesh.pids)
            raise KeyError("body")

    pids: dict[str, int] = {}
    with pytest.raises(KeyError, match="body"):
        await body()
    assert not is_alive(pids["first"])


async def test_a_signal_while_a_child_is_not_ready_yet_stops_everything(folder: Path) -> None:
    waiting = Command("waiting", ("sleep", "60"), folder / "waiting.log", until_ready=never)
    async with Supervisor(say=print) as mesh:
        asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
        await mesh.start(waiting)
        raise AssertionError("the start was not interrupted")
    assert mesh.stopped_by is signal.SIGTERM
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_log_above_its_limit_moves_aside_and_a_smaller_one_goes_on(folder: Path) -> None:
    child = shell(folder, "talker", "echo again; exec sleep 60")
    child.log.parent.mkdir()
    for size, kept, aside in ((LOG_LIMIT + 1, "again\n", True), (3, "xxxagain\n", False)):
        child.log.write_text("x" * size)
        child.log.with_name("talker.log.1").unlink(missing_ok=True)
        async with Supervisor(say=print) as mesh:
            await mesh.start(child)
            async for _ in seconds():
                if child.log.read_text() == kept:
                    break
        assert child.log.with_name("talker.log.1").exists() is aside


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_foreground_group_stops_in_order(folder: Path, number: signal.Signals) -> None:
    scripts = [NOTING.format(name=name, notes=folder / "notes") for name in ("first", "second")]
    command = [sys.executable, "-c", ALONE, str(folder), *scripts]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as alone:
        assert alone.stdout is not None
        pids = [int(word) for word in alone.stdout.readline().split()]
        os.killpg(alone.pid, number)
        os.killpg(alone.pid, number)  # an impatient second one changes nothing
        assert alone.stdout.read() == f"stopped by {number.name}\n"
    assert alone.returncode == 0
    assert (folder / "notes").read_text().splitlines()[-2:] == ["second TERM", "first TERM"]
    assert "INT" not in (folder / "notes").read_text().split()
    assert not any(is_alive(pid) for pid in pids)


async def test_children_end_when_the_supervisor_is_killed_with_sigkill(folder: Path) -> None:
    command = [sys.executable, "-c", ALONE, str(folder), "exec sleep 60", "exec sleep 61"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        assert alone.stdout is not None
        pids = [int(word) for word in alone.stdout.readline().split()]
        assert len(pids) == 2
        assert all(is_alive(pid) for pid in pids)
        alone.kill()
    await gone(*pids)


async def test_a_postmaster_killed_with_sigkill_is_started_again_with_its_data(folder: Path) -> None:
    said: list[str] = []
    server = EmbeddedPostgres(folder / "postgres", free_port(), log=folder / "logs" / "postgres.log")
    async with Supervisor(said.append) as mesh:
        await mesh.start(server)
        connection = await asyncpg.connect(server.admin_url)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
        old = mesh.pids["postgres"]
        os.kill(old, signal.SIGKILL)
        await another_pid(mesh, "postgres", old)
        connection.terminate()
        async for _ in seconds():
            try:
                connection = await asyncpg.connect(server.admin_url)
                break
            except (OSError, asyncpg.CannotConnectNowError):
                continue
        assert await connection.fetchval("SELECT value FROM kept") == 42
        await connection.close()
    assert said == ["postgres ended by SIGKILL; starting again in 0.2 s"]
    assert "database system is shut down" in server.log.read_text().splitlines()[-1]


async def test_a_database_that_cannot_start_says_why_once_and_frees_its_folder(folder: Path) -> None:
    port = free_port()
    with EmbeddedPostgres(folder / "postgres", port) as holder:
        async with Supervisor(say=print) as mesh:
            with pytest.raises(ChildError, match=r"postgres could not start: the database in .* is already run by"):
                await mesh.start(EmbeddedPostgres(folder / "postgres", port))
        assert holder.running
