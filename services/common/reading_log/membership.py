"""Which replicas of a consumer are at work: each holds a lock for its life, and shows itself every second.

A process that is killed loses its lock at once, since the kernel closes its connection. One that is stopped, or whose
machine is cut off, keeps it, but does not show itself any more. Neither decides what may be written: the cursors do.
"""

import asyncio
import contextlib
import itertools
import logging
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from services.common.database_url import plain_url
from services.common.notifications import CONNECT_TIMEOUT_S, RECONNECT_S, SESSION_LOST

log = logging.getLogger(__name__)

LIFE_LOCKS = 4_711_005  # with the member as the second key
WORK_LOCKS = 4_711_006  # the same, held by each transaction of the member
TICK_S = 0.5  # looks, which write nothing
SHOW_EVERY = 2  # ticks
STALE_S = 5.0
FORGET_S = 60.0
CLOSE_TIMEOUT_S = 1.0
TIMEOUT_S = 4.0  # who cannot show itself within it is stale anyway

# A server that lost a member's machine finds out within about five seconds.
_KEEPALIVE = {"tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3"}

_JOIN = "INSERT INTO {schema}.log_member VALUES ($1, $2, clock_timestamp())"
_SHOW = "UPDATE {schema}.log_member SET seen_time = clock_timestamp() WHERE consumer = $1 AND member = $2"
_LOCKS = """
SELECT l.classid::bigint AS class, l.objid::bigint AS member, l.pid FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
"""
_ALIVE = f"""
WITH locks AS ({_LOCKS})
SELECT m.member FROM {{schema}}.log_member m
WHERE m.consumer = $1 AND m.seen_time > clock_timestamp() - make_interval(secs => $2)
AND EXISTS (SELECT FROM locks l WHERE l.class = {LIFE_LOCKS} AND l.member = m.member)
"""  # noqa: S608  our own names
# While one still has a session, its row is needed to end it.
_FORGET = f"""
WITH locks AS ({_LOCKS})
DELETE FROM {{schema}}.log_member m
WHERE m.consumer = $1 AND m.seen_time < clock_timestamp() - make_interval(secs => $2)
AND NOT EXISTS (SELECT FROM locks l WHERE l.class IN ({LIFE_LOCKS}, {WORK_LOCKS}) AND l.member = m.member)
"""  # noqa: S608
# One that is stopped in the middle of a transaction holds its rows for as long as it is stopped: its sessions end.
_END_STALE = f"""
WITH locks AS ({_LOCKS})
SELECT l.pid, pg_terminate_backend(l.pid) FROM locks l JOIN {{schema}}.log_member m ON m.member = l.member
WHERE l.class IN ({LIFE_LOCKS}, {WORK_LOCKS})
AND m.consumer = $1 AND m.seen_time < clock_timestamp() - make_interval(secs => $2)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Standing:
    """This replica's number, and those of all members at work, this one included."""

    member: int
    alive: frozenset[int]


class Membership:
    """This replica's membership.

    Attributes:
        standing: None while the database is away. A new connection brings a new number, so that what was held over
            the old one counts as free.
    """

    def __init__(self, database_url: str, schema: str, consumer: str, tick: Callable[[], None]) -> None:
        """Takes the service's login (not through a pooler: the lock is the session's), and what to call every tick."""
        self._url = plain_url(database_url)
        self._schema = schema
        self._consumer = consumer
        self._tick = tick
        self._looked = -math.inf
        self.standing: Standing | None = None

    async def run(self) -> None:
        """Belongs to the group until it is cancelled."""
        while True:
            try:
                await self._belong()
            except SESSION_LOST as error:
                log.warning("membership lost", extra={"consumer": self._consumer, "error": error})
            self.standing = None
            self._tick()
            await asyncio.sleep(RECONNECT_S)

    async def _belong(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings=_KEEPALIVE)
        try:
            member = secrets.randbelow(2**31 - 1) + 1
            await self._execute(connection, _FORGET, FORGET_S)
            await connection.execute("SELECT pg_advisory_lock($1, $2)", LIFE_LOCKS, member, timeout=TIMEOUT_S)
            await self._execute(connection, _JOIN, member)
            for tick in itertools.count():
                if tick % SHOW_EVERY == 0:
                    await self._execute(connection, _SHOW, member)
                self.standing = Standing(member, await self._look(connection) | {member})
                self._tick()
                await asyncio.sleep(TICK_S)
        finally:
            # The lock goes with the connection, and all that is held is free at once.
            with contextlib.suppress(*SESSION_LOST):
                await connection.close(timeout=CLOSE_TIMEOUT_S)

    async def _look(self, connection: asyncpg.Connection) -> frozenset[int]:
        """Returns the members at work. One that was itself away judges by the locks alone: maybe all were away."""
        now = asyncio.get_running_loop().time()
        awake = now - self._looked < STALE_S / 2
        self._looked = now
        if awake:
            ended = await self._fetch(connection, _END_STALE, STALE_S)
            if ended:
                log.warning("sessions of a stale member ended", extra={"pids": [row["pid"] for row in ended]})
        alive = await self._fetch(connection, _ALIVE, STALE_S if awake else FORGET_S)
        return frozenset(row["member"] for row in alive)

    async def _fetch(self, connection: asyncpg.Connection, statement: str, *values: object) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await connection.fetch(
            statement.format(schema=self._schema), self._consumer, *values, timeout=TIMEOUT_S
        )
        return rows

    async def _execute(self, connection: asyncpg.Connection, statement: str, *values: object) -> None:
        await connection.execute(statement.format(schema=self._schema), self._consumer, *values, timeout=TIMEOUT_S)
