"""Replicas of the tally as processes, and what they have made of the log."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.chaos.tally import ROLE
from tests.support.mesh import eventually

ROOT = Path(__file__).resolve().parents[2]
LONG_S = 60.0


class Group:
    """The replicas; `connection` is an admin's."""

    def __init__(self, connection, tally_url, target, folder):
        self.connection = connection
        self._environment = {"TALLY_DATABASE_URL": tally_url, "TALLY_LOG": target}
        self._folder = folder
        self.replicas = []
        self.stopped = set()

    def start(self, pause_s=0.0, hesitate_s=0.0):
        """Starts a replica whose transactions take up to so long, and which waits so long before each."""
        own = {"TALLY_PAUSE_S": str(pause_s), "TALLY_HESITATE_S": str(hesitate_s)}
        with (self._folder / "tally.log").open("ab") as output:
            replica = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.tally"],
                cwd=ROOT,
                env=os.environ | self._environment | own,
                stderr=output,
            )
        self.replicas.append(replica)
        return replica

    async def stop_for(self, replica, seconds):
        """Stops a replica as a machine does that hangs, and wakes it later."""
        replica.send_signal(signal.SIGSTOP)
        self.stopped.add(replica)
        await asyncio.sleep(seconds)
        replica.send_signal(signal.SIGCONT)
        self.stopped.remove(replica)

    def kill(self, replica):
        replica.kill()
        replica.wait()
        self.replicas.remove(replica)

    def stop(self, replica):
        replica.terminate()
        assert replica.wait(20) == 0, self.log()
        self.replicas.remove(replica)

    def log(self, **wanted):
        """The replicas' log lines that have these values, such as message="rebuilding"."""
        lines = map(json.loads, (self._folder / "tally.log").read_text().splitlines())
        return [line for line in lines if wanted.items() <= line.items()]

    async def _eventually(self, check):
        """Waits; if it is in vain, says how things stand."""
        try:
            await eventually(check, LONG_S)
        except AssertionError as error:
            raise AssertionError("\n".join(map(str, await self._standing()))) from error

    async def _standing(self):
        tables = ("log_member", "log_cursor")
        rows = [dict(row) for name in tables for row in await self.connection.fetch(f"TABLE tally.{name}")]
        sessions = await self.connection.fetch(
            "SELECT pid, state, query FROM pg_stat_activity WHERE usename = $1", ROLE
        )
        ends = [f"replica {replica.pid} ended by {replica.poll()}" for replica in self.replicas if replica.poll()]
        log = (self._folder / "tally.log").read_text()
        return [*rows, *map(dict, sessions), log, *ends, f"the log ends at {await self.end()}"]

    async def end(self):
        return await self.connection.fetchval("SELECT max(seq) FROM realtime.reading_log")

    async def shares(self):
        """How many shards each member holds that is at work."""
        rows = await self.connection.fetch(
            "SELECT count(c.shard) FROM tally.log_member m LEFT JOIN tally.log_cursor c ON c.holder = m.member"
            " WHERE m.seen_time > clock_timestamp() - interval '3 s' GROUP BY m.member"
        )
        return sorted(row[0] for row in rows)

    async def come_to(self, *shares):
        async def there():
            return await self.shares() == sorted(shares)

        await self._eventually(there)

    async def holders(self):
        return {row["holder"] for row in await self.connection.fetch("SELECT holder FROM tally.log_cursor")}

    async def come_from(self, holders):
        """Waits until none of these members holds anything."""

        async def there():
            return not holders & await self.holders()

        await self._eventually(there)

    async def come_to_work(self, replica, state):
        """Waits until a replica works, and its session has been in a state for long enough to be caught in it."""
        works = "SELECT count(*) FROM tally.journal WHERE member = $1"
        caught = (
            "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND state = $2 AND query ~ 'journal|COMMIT'"
            " AND clock_timestamp() - state_change > interval '10 ms'"
        )

        async def there():
            return await self.connection.fetchval(works, replica.pid) and await self.connection.fetchval(
                caught, ROLE, state
            )

        await self._eventually(there)

    async def come_to_the_end(self):
        """Waits until every cursor is at the log's end."""
        last = await self.end()

        async def there():
            return await self.connection.fetchval("SELECT min(seq) FROM tally.log_cursor") >= last

        await self._eventually(there)

    async def totals(self, sensors):
        """What was counted and summed of these sensors."""
        rows = await self.connection.fetch("SELECT * FROM tally.total WHERE sensor_id = ANY($1)", list(sensors))
        return {row["sensor_id"]: (row["n"], row["hundredths"]) for row in rows}

    async def applied_twice(self):
        """How many batches of a sensor were applied more than once."""
        return await self.connection.fetchval(
            "SELECT count(*) FROM (SELECT FROM tally.journal GROUP BY seq, sensor_id HAVING count(*) > 1) t"
        )

    def close(self):
        for replica in self.replicas:
            with contextlib.suppress(ProcessLookupError):
                replica.send_signal(signal.SIGCONT)
            replica.kill()
            replica.wait()
