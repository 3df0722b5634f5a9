"""The mesh under measurement: `montrg up` in processes of its own, on free ports, with a data folder that stays."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from services import catalog
from services.mesh.options import ROOT
from tests.bench.load import fetch
from tests.support.ports import mesh_on_free_ports

START_S = 60.0
STOP_S = 30.0
REALTIME = "/api/v1/realtime/"


@contextmanager
def bench_mesh(**variables):
    """A mesh with a folder of its own, which is stopped at the end; what is started is up to the block."""
    folder = Path(tempfile.mkdtemp(prefix="montrg-bench-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, which must reach its data
    mesh = BenchMesh(folder, **variables)
    try:
        yield mesh
    finally:
        mesh.stop()
        shutil.rmtree(folder, ignore_errors=True)


class BenchMesh:
    """Starts and stops the whole mesh; what it is told survives in the folder."""

    def __init__(self, folder, **variables):
        self.folder = folder
        self._variables = {"MONTRG_DATA_DIR": str(folder), **variables}
        self._settings = mesh_on_free_ports(**self._variables)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def admin_url(self):
        """The admin's login."""
        password = (self.folder / "postgres" / "password").read_text().strip()
        return f"postgresql://montrg:{password}@127.0.0.1:{self._settings.database_port}/montrg"

    def rest_port(self, name):
        """Envoy's port for a service."""
        return self._settings.rest_port(catalog.service(name))

    @property
    def gateway_port(self):
        """Envoy's port for everything, the dashboard among it."""
        return self._settings.gateway_port

    @property
    def status_port(self):
        """Envoy's port for Prometheus."""
        return self._settings.status_port

    def grpc_port(self, name):
        """The port of a service's first process."""
        return self._settings.grpc_ports(catalog.service(name))[name]

    def start(self):
        """Starts everything; returns the seconds until Envoy says that every service is ready, database included."""
        began = time.perf_counter()
        # Nothing of the caller's own settings: every run measures the defaults.
        env = {name: value for name, value in os.environ.items() if not name.startswith("MONTRG_")}
        env |= self._variables | {"MONTRG_PORT_OFFSET": str(self._settings.port_offset)}
        console = self.folder / "console.log"
        with console.open("ab") as log:
            argv = [sys.executable, "-m", "services.cli", "up", "--no-replay"]
            self._process = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log)
        while not all(_answers(self._settings.rest_port(service)) for service in catalog.SERVICES):
            assert self._process.poll() is None, console.read_text()
            assert time.perf_counter() - began < START_S, console.read_text()
            time.sleep(0.02)
        return time.perf_counter() - began

    def stop(self):
        """Stops everything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()  # the children get the kernel's signal
                self._process.wait()
            self._process = None

    def settle(self, sensors):
        """Waits until realtime, each of its workers, has followed location to so many sensors; returns its answer."""
        deadline = time.monotonic() + 20
        in_a_row = 0
        while True:
            snapshot = json.loads(fetch(self.rest_port("realtime"), REALTIME)[1])
            settled = len(snapshot["measurements"]) == sensors and not snapshot["degraded"]
            in_a_row = in_a_row + 1 if settled else 0
            if in_a_row == 10:
                return snapshot
            assert time.monotonic() < deadline, f"realtime shows {len(snapshot['measurements'])} of {sensors} sensors"
            time.sleep(0.05)

    def rss_mb(self):
        """The resident memory of each service's process, by name."""
        sizes = {}
        for process in self._processes():
            words = process.cmdline()
            for service in catalog.SERVICES:
                if f"services.{service.name}" in words:
                    sizes[service.name] = process.memory_info().rss / 2**20
        assert len(sizes) == len(catalog.SERVICES), f"not every service runs: {sizes}"
        return sizes

    def pss_mb(self):
        """The proportional memory of every process of the mesh: what they share is counted once."""
        return sum(process.memory_full_info().pss for process in self._processes()) / 2**20

    def signal(self, name, number):
        """Sends a signal to a service's processes."""
        for process in self._processes():
            if f"services.{name}" in process.cmdline():
                process.send_signal(number)

    def spent(self, name):
        """The processor time in seconds and the resident memory in MB of a service's processes, or of Envoy."""
        found = [p for p in self._processes() if f"services.{name}" in p.cmdline() or p.name() == name]
        assert found, f"{name} does not run"
        times = [process.cpu_times() for process in found]
        return sum(t.user + t.system for t in times), sum(p.memory_info().rss for p in found) / 2**20

    def _processes(self):
        assert self._process is not None
        supervisor = psutil.Process(self._process.pid)
        found = [supervisor, *supervisor.children(recursive=True)]
        return [process for process in found if _lives(process)]

    def calls(self, name):
        """How often each method of a service was called so far, by its log; streams that still run are not in it."""
        found: dict[str, int] = {}
        with (self.folder / "logs" / f"{name}.log").open(encoding="utf-8") as log:
            for line in log:
                if '"message":"call"' in line:
                    method = json.loads(line)["method"].rpartition("/")[2]
                    found[method] = found.get(method, 0) + 1
        return found


def _lives(process):
    """Whether a process has not ended: a session of PostgreSQL may just now, and may not have been reaped yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
