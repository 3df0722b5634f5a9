"""Keeps the log files of a running mesh small, and has Envoy say as much as the file of levels wants."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from services.common.logs import LOOK_EVERY_S
from services.local import programs
from services.local.children import LOG_LIMIT
from services.local.postgres import EmbeddedPostgres
from services.local.processes import Supervisor
from services.local.settings import LocalSettings
from services.mesh.levels import EnvoyLevels
from services.mesh.process import LOG_LEVEL

# A process that is writing to a slow disk stops when that is done.
STOP_WITHIN_S = 1.0
POLL_S = 0.001


async def kept(settings: LocalSettings, mesh: Supervisor) -> None:
    """Looks each second, until it is cancelled."""
    told, levels = None, None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        running = mesh.running
        # PostgreSQL is many processes, which do not stop as one, and says next to nothing: its log is moved at a start.
        for process, log in [of for name, of in running.items() if name != EmbeddedPostgres.name]:
            await asyncio.to_thread(rotate, process, log)
        if programs.ENVOY_NAME in running:
            process, _ = running[programs.ENVOY_NAME]
            if levels is None or process is not told:  # another one knows nothing of what was told before
                told, levels = process, EnvoyLevels(programs.admin(settings), settings.log_levels_file, LOG_LEVEL)
            await asyncio.to_thread(levels.look, datetime.now(UTC))


def rotate(process: subprocess.Popen[bytes], log: Path, limit: int = LOG_LIMIT) -> bool:
    """Moves what a process has written to `.1` once that is more than the limit; tells whether it did.

    The process keeps its file, to which it appends. It stands still for a moment, so that nothing is written between
    the last look and the cut, which would be lost.
    """
    side, is_cut = log.with_name(log.name + ".new"), False
    # Such as for a full disk, for which a mesh must not end; nothing is cut before it is copied.
    with contextlib.suppress(OSError):
        if log.stat().st_size <= limit:
            return False
        with log.open("rb+") as source, side.open("wb") as target:
            shutil.copyfileobj(source, target)  # nearly all of it, while the process runs
            is_cut = _cut(process, source, target)
        if is_cut:
            side.replace(log.with_name(log.name + ".1"))
    if not is_cut:
        side.unlink(missing_ok=True)
    return is_cut


def _cut(process: subprocess.Popen[bytes], source: BinaryIO, target: BinaryIO) -> bool:
    """Copies the rest and empties the source, while the process stands still; returns False if it does not."""
    try:
        process.send_signal(signal.SIGSTOP)
        if not _stands_still(process.pid):
            return False
        shutil.copyfileobj(source, target)
        target.flush()
        source.truncate(0)
    finally:
        process.send_signal(signal.SIGCONT)
    return True


def _stands_still(pid: int) -> bool:
    """Waits until every thread of a child has stopped."""
    deadline = time.monotonic() + STOP_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG) is not None:
                return True
        except ChildProcessError:  # it has ended; its last words are moved at the next start
            return False
        time.sleep(POLL_S)
    return False
