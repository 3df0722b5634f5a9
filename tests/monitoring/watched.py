"""A whole mesh with the replay, its own PostgreSQL, a receiver of its messages, and a Prometheus that watches it."""

import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import Any

import asyncpg
import httpx

from services.catalog import service
from services.local.postgres import EmbeddedPostgres
from tests.support.ports import free_port, mesh_on_free_ports
from tests.support.prometheus import running_prometheus
from tests.support.up import ROOT, running_up

SECRET = secrets.token_hex(8)
# The evaluation waits for its cursors.
HOLD = "BEGIN; LOCK TABLE alert.log_cursor IN ACCESS EXCLUSIVE MODE"


class Watched:
    """The mesh, and what can be taken away from it."""

    def __init__(self, up, settings, postgres, prometheus, folder):
        self.prometheus = prometheus
        self._up = up
        self._settings = settings
        self._postgres = postgres
        self._file = folder / "received.jsonl"
        self._client = httpx.Client(timeout=5)
        self._receiver_port = free_port()
        self._receiver: Any = None
        self._held: Any = None
        self._stopped = []

    def url(self, name, path):
        """The address of a service's REST."""
        return f"http://127.0.0.1:{self._settings.rest_port(service(name))}/api/v1/{path}"

    def post(self, name, path, body):
        """Has a service make something."""
        answer = self._client.post(self.url(name, path), json=body)
        assert answer.is_success, answer.text

    def subscribe(self):
        """Has a receiver run that is told of everything."""
        self.receive()
        address = {"channel": "webhook", "recipient": f"http://127.0.0.1:{self._receiver_port}/", "secret": SECRET}
        self.post("alert", "subscriptions/", address | {"max_per_minute": 600, "format": "json"})

    def receive(self):
        """Starts the receiver."""
        argv = [sys.executable, "-m", "tests.chaos.webhook", str(self._receiver_port), str(self._file), SECRET]
        self._receiver = subprocess.Popen(argv, cwd=ROOT)
        assert until(self._receives, 20)

    def _receives(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self._receiver_port)) == 0

    def alert(self):
        """Has people be told of something."""
        alert = {"loc_id": "LGA-sorting", "alert_level": "red", "message": "a drill"}
        self.post("alert", "alerts/", alert)

    async def take(self, part):
        """Takes a part away: a process stands still, PostgreSQL or the receiver ends, the evaluation waits."""
        if part == "postgres":
            self._postgres.stop()
        elif part == "receiver":
            self._receiver.kill()
            self._receiver.wait()
        elif part == "evaluator":
            self._held = await asyncpg.connect(self._postgres.admin_url)
            await self._held.execute(HOLD)
        else:
            self._stopped = self._up.running(part)
            assert self._stopped
            for process in self._stopped:
                process.send_signal(signal.SIGSTOP)

    async def give_back(self, part):
        """Puts it back."""
        if part == "postgres":
            self._postgres.start()
        elif part == "receiver":
            self.receive()
        elif part == "evaluator":
            await self._held.close()
        else:
            for process in self._stopped:
                process.send_signal(signal.SIGCONT)
            self._stopped = []

    def close(self):
        for process in self._stopped:
            process.send_signal(signal.SIGCONT)
        self._client.close()
        if self._receiver is not None:
            self._receiver.kill()
            self._receiver.wait()


@contextmanager
def watched_mesh(folder):
    """Runs all of it until the block ends."""
    settings = mesh_on_free_ports()
    with ExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres", free_port(), max_connections=200))
        variables = {"MONTRG_PORT_OFFSET": str(settings.port_offset), "MONTRG_DATABASE_URL": postgres.admin_url}
        up = stack.enter_context(running_up(**variables))
        prometheus = stack.enter_context(running_prometheus(settings, folder / "prometheus"))
        watched = Watched(up, settings, postgres, prometheus, folder)
        stack.callback(watched.close)
        watched.subscribe()
        yield watched


def until(check, seconds):
    """Waits until a check gives something, and returns it; else what it gave last."""
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
