"""Drops what was sent long ago, so that the outbox does not grow for ever. The alerts' stories still tell of it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.common.clock import Clock
from services.common.database import Database

log = logging.getLogger(__name__)

EVERY_S = 3_600.0
AWAY_S = 60.0
# In small transactions, which keep nobody waiting.
CHUNK = 2_000

_DROP = """
DELETE FROM alert.notification WHERE notification_id IN (
    SELECT notification_id FROM alert.notification WHERE state <> 'PENDING' AND create_time < $1
    ORDER BY notification_id LIMIT $2 FOR UPDATE SKIP LOCKED)
"""


async def drop(database: Database, before: datetime) -> int:
    """Drops what was made before a moment and is not to be sent any more; returns how many."""
    dropped, last = 0, CHUNK
    while last == CHUNK:
        async with database.driver() as connection:
            last = int((await connection.execute(_DROP, before, CHUNK)).rpartition(" ")[2])
        dropped += last
    return dropped


async def keep_up(database: Database, days: int, clock: Clock, is_away: Callable[[BaseException], bool]) -> None:
    """Drops every hour what is older than so many days, until it is cancelled."""
    while True:
        seconds = EVERY_S
        try:
            dropped = await drop(database, clock() - timedelta(days=days))
        except Exception as error:
            if not is_away(error):
                raise
            seconds = AWAY_S
        else:
            log.info("old notifications dropped", extra={"count": dropped})
        await asyncio.sleep(seconds)
