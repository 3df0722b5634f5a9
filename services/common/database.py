"""Database access: one engine a process, one transaction a use case."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from services.common.database_url import plain_url, sqlalchemy_url

CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5
# How long a process that cannot ask its database counts as ready.
PING_S = 6.0
# Connections beyond the pool that a rush may open for a moment.
MAX_OVERFLOW = 2
STATEMENT_TIMEOUT_MS = 30_000
# Of every session in which a service changes something.
SESSION_SETTINGS = MappingProxyType(
    {
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "timezone": "UTC",
        # A service that has gone in the middle of a transaction must not keep its locks.
        "idle_in_transaction_session_timeout": "10000",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        # What is acknowledged is on disk, whatever the server's default is.
        "synchronous_commit": "on",
    }
)


class Database:
    """The engine of one service, logged in as the service's role.

    Raises what SQLAlchemy raises; `interceptors.database_is_away` knows which of it means that the server is away.
    """

    def __init__(self, url: str, pool_size: int, application: str) -> None:
        self._url = url
        # Is told of each error that leaves one of asyncpg's own connections.
        self.on_error: Callable[[BaseException], object] = lambda _: None
        self._given_back: set[asyncio.Task[None]] = set()  # those that are at it
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=MAX_OVERFLOW,
            pool_timeout=POOL_TIMEOUT_S,
            # What statements are given holds names and notes of people, and an error's words go to the log.
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                # A server that has gone without a word answers nothing, not even that the time is over.
                "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 5,
                "server_settings": SESSION_SETTINGS | {"application_name": application},
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_spoilt)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Gives a connection; commits at the end, rolls back on any error."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[asyncpg.Connection]:
        """Gives asyncpg's own connection in a transaction, for COPY and for what must be quick.

        It raises asyncpg's own errors, which `interceptors.database_is_away` knows as well.
        """
        # Cut off while it began, a transaction stays open on the server: the next one on this connection would be a
        # part of it, and would never be committed. After an error it was rolled back, and nothing is left of it.
        async with self._lent(spoilt_by=asyncio.CancelledError) as driver, driver.transaction():
            yield driver

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[asyncpg.Connection]:
        """Gives asyncpg's own connection without a transaction: for single reads, each of which sees its own moment."""
        # Cut off between the messages by which a statement is prepared and executed, or with a value that cannot be
        # sent, the server stays in the midst of that statement, and does not take what follows for a new transaction.
        async with self._lent(spoilt_by=BaseException) as driver:
            yield driver

    @asynccontextmanager
    async def _lent(self, spoilt_by: type[BaseException]) -> AsyncIterator[asyncpg.Connection]:
        """Gives asyncpg's own connection, which is ended in place of given back after an error that may spoil it."""
        # Past SQLAlchemy's own connection, which costs as much as a small query does.
        lent = await self.engine.raw_connection()
        is_spoilt = False
        try:
            yield lent.driver_connection
        except BaseException as error:  # being cancelled, too: it is raised on
            self.on_error(error)
            is_spoilt = isinstance(error, spoilt_by)
            raise
        finally:
            given_back = self._beside(lent.invalidate if is_spoilt else lent.close)
            # To end it ends its statement first, for which nobody waits: the server may be frozen.
            if not is_spoilt:
                # Whoever is cancelled gives it back all the same.
                await asyncio.shield(given_back)

    def _beside(self, give_back: Callable[[], None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(greenlet_spawn(give_back))
        self._given_back.add(task)
        task.add_done_callback(self._given_back.discard)
        return task

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[asyncpg.Connection]:
        """Gives one as `reader` does, beside all others where those are lent: for whoever asks how things are."""
        if self.pool.checkedout() < self.pool.size():
            async with self.reader() as driver:
                yield driver
            return
        driver = await asyncpg.connect(plain_url(self._url), timeout=CONNECT_TIMEOUT_S)
        try:
            yield driver
        finally:
            driver.terminate()

    @property
    def pool(self) -> QueuePool:
        """The connections."""
        return cast("QueuePool", self.engine.sync_engine.pool)  # what an engine has by default

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Gives a connection whose reads all see the database at one moment."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                yield connection

    async def ping(self) -> None:
        """Returns if the database answers within PING_S; a server that is frozen is away as one that is gone is."""
        async with asyncio.timeout(PING_S), self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*self._given_back, return_exceptions=True)
        await self.engine.dispose()


def _refuse_spoilt(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  SQLAlchemy's wrapper
    """Has the pool open a new connection in place of one that nobody can use any more.

    A restarted server has closed it. Or a transaction could not begin or end over it: then asyncpg takes each one after
    it for a part of that one, which is not there, and all of them would fail until the process ends.

    asyncpg knows of both by itself, so this costs no call to the server, unlike `pool_pre_ping`.
    """
    driver = connection.driver_connection
    if driver.is_closed() or driver.is_in_transaction() or driver._top_xact is not None:  # noqa: SLF001  it has no other word for it
        raise DisconnectionError
