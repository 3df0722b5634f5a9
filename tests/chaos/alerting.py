"""A mesh that alerts, as processes to be killed by chance: where that can be seen, in the midst of a transaction."""

import asyncio
import json
import random
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from services.alert.writer import CHANNEL
from services.catalog import service
from services.local.postgres import EmbeddedPostgres
from tests.chaos.group import ROOT
from tests.support.ports import free_port, mesh_on_free_ports
from tests.support.up import RECOVERY_S
from tests.support.writing import write_until_acknowledged

VARIABLES = {
    "MONTRG_REPLAY": "off",
    "MONTRG_WORKERS": "alert=2",
    # Who writes may have to wait for a killed service for long: no sensor is to be called silent for that.
    "MONTRG_SILENCE_S": "3600",
}
SECRET = "of the chaos test"
# How often is looked for a transaction to kill a program in.
TRIES = 200
# Of these programs, in one that has judged readings: what has changed is written, and that they are judged is not.
JUDGED = dict.fromkeys(("alert-2", "postgres"), "alert.sensor_state")
PAUSE_S = 0.27

# What has written and is not committed, and waits for a client that stands still: it can only be lost.
_CAUGHT = """
SELECT count(*) FROM pg_stat_activity
WHERE client_port = ANY($1) AND state = 'idle in transaction' AND backend_xid IS NOT NULL
    AND position($2 IN query) > 0
"""
# Everything is judged, planned, and told or held back for a digest.
_NOTHING_IS_UNDER_WAY = """
SELECT (SELECT min(seq) FROM alert.log_cursor) >= (SELECT max(seq) FROM realtime.reading_log)
    AND NOT EXISTS (SELECT FROM alert.alert_event WHERE NOT planned OR NOT delivered)
    AND NOT EXISTS (SELECT FROM alert.notification
                    WHERE state = 'PENDING' AND release_time IS NOT NULL OR told_to IS NOT NULL)
"""
_NOTHING_IS_HELD_BACK = "SELECT NOT EXISTS (SELECT FROM alert.notification WHERE state = 'PENDING')"
_MINUTE_PASSES = """
UPDATE alert.notification SET release_time = release_time - interval '1 minute' WHERE notification_id IN (
    SELECT notification_id FROM alert.notification WHERE release_time IS NOT NULL ORDER BY notification_id FOR UPDATE
)
"""
RULES_ARE_KNOWN = """
SELECT count(*) = 16 AND min(rule_revision) = (SELECT value FROM thresholds.revision) FROM alert.evaluation
"""


class Alerting:
    """The mesh in a folder, its database, and the receiver of its notifications."""

    def __init__(self, up, settings, folder):
        self.up = up
        self.caught = 0
        self._settings = settings
        self._file = folder / "received.jsonl"
        self._receiver_port = free_port()
        self._receiver: Any = None
        self._client = httpx.Client(timeout=10)

    def url(self, name, path):
        return f"http://127.0.0.1:{self._settings.rest_port(service(name))}/api/v1/{path}"

    def rest(self, method, name, path, **options):
        """What a service answers, when it does."""
        answer = self._client.request(method, self.url(name, path), **options)
        assert answer.is_success, answer.text
        return answer

    def pages(self, name, path):
        rows, token = [], ""
        while True:
            answer = self.rest("GET", name, path, params={"limit": 1000, "page_token": token})
            rows += answer.json()
            token = answer.headers.get("x-next-page-token", "")
            if not token:
                return rows

    @asynccontextmanager
    async def connected(self):
        """A connection to the database, as soon as it takes one."""
        database = EmbeddedPostgres(self.up.folder / "data" / "postgres", self._settings.database_port)
        while True:
            try:
                connection = await asyncpg.connect(database.admin_url)
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)
                continue
            break
        try:
            yield connection
        finally:
            await connection.close()

    async def fetch(self, query, *arguments):
        async with self.connected() as connection:
            return await connection.fetch(query, *arguments)

    async def come_to(self, query, seconds):
        """Waits until a query answers true."""
        async with asyncio.timeout(seconds):
            while not (await self.fetch(query))[0][0]:
                await asyncio.sleep(0.2)

    async def know_the_rules(self):
        await self.come_to(RULES_ARE_KNOWN, RECOVERY_S)

    async def settle(self, seconds):
        """Waits until every reading is judged, and everything told and delivered."""
        async with asyncio.timeout(seconds):
            await self.come_to(_NOTHING_IS_UNDER_WAY, seconds)
            # What is left waits for a minute to pass, and for nothing else.
            while not (await self.fetch(_NOTHING_IS_HELD_BACK))[0][0]:
                await self.minute_passes()
                await asyncio.sleep(0.5)
                await self.come_to(_NOTHING_IS_UNDER_WAY, seconds)
            await self.come_to(_NOTHING_IS_UNDER_WAY, seconds)

    async def minute_passes(self):
        """Has a minute pass for whoever counts messages, so that there are as many digests as in a long test."""
        await self.fetch(_MINUTE_PASSES)
        await self.fetch("SELECT pg_notify($1, '')", CHANNEL)  # who waits for the minute's end looks when it is told to

    @property
    def webhook(self):
        return f"http://127.0.0.1:{self._receiver_port}"

    def receive(self):
        argv = [sys.executable, "-m", "tests.chaos.webhook", str(self._receiver_port), str(self._file), SECRET]
        self._receiver = subprocess.Popen(argv, cwd=ROOT)

    def received(self):
        """The messages, in the order in which they came."""
        return [json.loads(line) for line in self._file.read_text().splitlines()]

    async def kill(self, name, chance):
        """Kills a program; one that is a service, or the database below one, in a transaction if there is any."""
        if name == "receiver":
            self._receiver.kill()
            self._receiver.wait()
            await asyncio.sleep(chance.uniform(0, 1.5))
            self.receive()
            return
        stopped = "alert" if name == "postgres" else name
        worker = await self._stopped_in_transaction(stopped, JUDGED.get(name, ""), chance)
        self.caught += worker is not None
        await asyncio.to_thread(self.up.kill, name)
        if name == "postgres" and worker is not None:
            worker.resume()

    async def _stopped_in_transaction(self, name, words, chance):
        """Stops a worker when it has written what is not committed yet, last by these words; None if it never had."""
        await asyncio.to_thread(self.up.await_true, lambda: len(self.up.running(name)) == 1, RECOVERY_S)
        (worker,) = self.up.running(name)
        async with self.connected() as connection:
            for _ in range(TRIES):
                worker.suspend()
                sockets = worker.net_connections("tcp4")
                ports = [s.laddr.port for s in sockets if s.raddr and s.raddr.port == self._settings.database_port]
                if await connection.fetchval(_CAUGHT, ports, words):
                    return worker
                worker.resume()
                await asyncio.sleep(chance.uniform(0, 0.03))
        return None

    def close(self):
        self._client.close()
        if self._receiver is not None:
            self._receiver.kill()
            self._receiver.wait()


def alerting_variables():
    """The settings of a mesh on free ports, and the variables that it is started with."""
    settings = mesh_on_free_ports(**VARIABLES)
    return settings, VARIABLES | {"MONTRG_PORT_OFFSET": str(settings.port_offset)}


class Writer(threading.Thread):
    """Writes the stories of some sensors through REST, some batches a second time."""

    def __init__(self, url, stories, seed):
        super().__init__(daemon=True)  # a failed test must not leave the run waiting for its writers
        self.over = threading.Event()
        self.failures = 0
        self._url = url
        self._stories = stories
        self._chance = random.Random(seed)

    @property
    def written(self):
        return sum(len(story.sent) for story in self._stories)

    def run(self):
        with httpx.Client(timeout=5) as client:
            while not self.over.is_set():
                rows = [row for story in self._stories if not story.is_ahead for row in story.rows(10)]
                if rows:
                    self._write(client, rows)
                self.over.wait(PAUSE_S)
            self._write(client, [row for story in self._stories for row in story.calm()])

    def _write(self, client, rows):
        for _ in range(1 + (self._chance.random() < 0.1)):
            self.failures += write_until_acknowledged(client, self._url, rows)
