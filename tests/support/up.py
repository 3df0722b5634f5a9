"""A `montrg up` in processes of its own, as a user runs it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
# Longer than `montrg up` waits for a port that a connection of another program has.
START_S = 100
RECOVERY_S = 20


class Up:
    """A running `montrg up`, with a folder of its own and what the environment is to tell it besides."""

    def __init__(self, folder, variables):
        self.folder = folder
        self.log = folder / "console.log"
        self.process: Any = None
        self.starts = 0
        self._variables = {"MONTRG_DATA_DIR": str(folder / "data"), **variables}

    def start(self):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up"],
                cwd=ROOT, env=os.environ | self._variables, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.starts += 1
        self.await_true(lambda: self.console().count("Try:") == self.starts, START_S)

    def console(self):
        return self.log.read_text()

    def await_true(self, check, seconds):
        deadline = time.monotonic() + seconds
        while not check():
            assert self.process.poll() is None, self.console()
            assert time.monotonic() < deadline, self.console()
            time.sleep(0.1)

    def running(self, name):
        """The processes that run under a name of the console, such as `realtime-2`: none, one, or a mistake."""
        return [child for child in psutil.Process(self.process.pid).children() if _writes_to(child) == f"{name}.log"]

    def kill(self, name):
        """Kills a program with SIGKILL, and waits until the supervisor has said so."""
        self._end(name, signal.SIGKILL, f"{name} ended by SIGKILL")

    def ask_to_stop(self, name):
        """Has a program end in good order, and waits until the supervisor has said so."""
        self._end(name, signal.SIGTERM, f"{name} ended with exit code 0")

    def _end(self, name, number, words):
        before = self.console().count(words)
        # One that was ended a moment ago may still wait for its next start.
        self.await_true(lambda: len(self.running(name)) == 1, RECOVERY_S)
        self.running(name)[0].send_signal(number)
        self.await_true(lambda: self.console().count(words) > before, RECOVERY_S)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


def _writes_to(child):
    with contextlib.suppress(OSError):  # it has ended meanwhile
        return Path(f"/proc/{child.pid}/fd/1").readlink().name
    return None


@contextmanager
def running_up(**variables):
    """Runs it until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="montrg-up-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user where the tests run as root
    up = Up(folder, variables)
    try:
        up.start()
        yield up
    finally:
        if up.process is not None and up.process.poll() is None:
            up.stop()
        shutil.rmtree(folder, ignore_errors=True)
