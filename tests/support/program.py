"""A service as a process of its own, as a pod runs it, and what it had imported at its end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import service_url
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S = 30.0, 20.0
_CODE = """
import json, sys
from services.common.server import run
from services.{name}.app import APP
run(APP)
print(json.dumps(sorted(sys.modules)))
"""


class Program:
    """A running service; `modules` tells of it once it has ended."""

    def __init__(self, process, port, log):
        self.address = f"127.0.0.1:{port}"
        self._process = process
        self._log = log
        self.modules = []

    @property
    def log(self):
        """The lines that it has logged so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def stop(self):
        """Has it end in good order."""
        self._process.send_signal(signal.SIGTERM)
        out, _ = self._process.communicate(timeout=STOP_S)
        assert self._process.returncode == 0, self._log.read_text()
        self.modules = json.loads(out)

    def await_serving(self):
        """Waits until it says that it serves."""
        end = time.monotonic() + START_S
        while '"message":"serving"' not in self._log.read_text():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.05)


@contextmanager
def running_program(admin_url: str, name: str, **variables: str) -> Iterator[Program]:
    """Runs a service until the block ends, if it has not been stopped before."""
    port = free_port()
    told = {"MONTRG_DATABASE_URL": service_url(admin_url, name), "MONTRG_PORT": str(port), "MONTRG_LINGER_MS": "0"}
    with tempfile.NamedTemporaryFile() as file:
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE.format(name=name)], cwd=ROOT, env=os.environ | told | variables, text=True,
            stdout=subprocess.PIPE, stderr=file,
        )  # fmt: skip
        try:
            program = Program(process, port, Path(file.name))
            program.await_serving()
            yield program
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
