"""Follows a PostgreSQL channel over a connection of its own, which is opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import asyncpg

from services.common.database import SESSION_SETTINGS
from services.common.database_url import plain_url
from services.common.tasks import wait_for

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 3.0
# A notification can be lost with the network: look again now and then without one.
LOOK_EVERY_S = 15.0
RECONNECT_S = 0.5
# What asyncpg raises where a session ends in the middle of something; the last but one, where the server's farewell
# came between two statements.
SESSION_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)


class ChannelFollower:
    """Looks at something at once, after each notification, and at least every 15 s.

    Args:
        database_url: the service's login. Not through a pooler in transaction mode: it has no notifications.
        channel: the channel's name.
        look: is given the connection; it may take its time, notifications meanwhile lead to one more look.
        lost: called when the connection is gone, and before the first one.
    """

    def __init__(
        self,
        database_url: str,
        channel: str,
        look: Callable[[asyncpg.Connection], Awaitable[None]],
        lost: Callable[[], Awaitable[None]],
    ) -> None:
        self._url = plain_url(database_url)
        self._channel = channel
        self._look = look
        self._lost = lost
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Asks for a look now."""
        self._wake.set()

    async def run(self) -> None:
        """Follows until it is cancelled."""
        while True:
            try:
                await self._follow()
            except SESSION_LOST as error:
                log.warning("channel lost", extra={"channel": self._channel, "error": error})
            await self._lost()
            await asyncio.sleep(RECONNECT_S)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings=dict(SESSION_SETTINGS))
        try:
            connection.add_termination_listener(lambda *_: self.wake())
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await connection.add_listener(self._channel, lambda *_: self.wake())
            while not connection.is_closed():
                self._wake.clear()
                await self._look(connection)
                await wait_for(self._wake.wait(), LOOK_EVERY_S)
        finally:
            connection.terminate()
