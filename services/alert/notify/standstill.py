"""Tells those who are told of everything when readings are judged no more, and when they are again.

Who judges cannot tell that he does not. Every replica's planner looks at the beats that the shards leave; whichever
sees first that they stopped begins an episode, of which each address is told once, with a key of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from services.alert.matching import fits_everything
from services.alert.notify import outbox
from services.alert.notify.book import Book
from services.alert.notify.content import Content
from services.alert.notify.domain import key_of
from services.alert.notify.drafts import Draft
from services.alert.notify.planning import RESUMED, STOPPED
from services.alert.notify.writing import Writing
from services.alert.subscriptions.domain import Subscription
from services.common.reading_log import SHARDS

# As old a beat is when its shard counts as judged no more.
OLD = timedelta(seconds=10)
# So long that must be so, for this planner to see: a restart of everything is no standstill.
LASTS = timedelta(seconds=60)
# And so long all must be well again: who falls and gets up again and again stands still.
WELL = timedelta(seconds=30)
LOOK_EVERY = timedelta(seconds=5)

# Where nothing was ever judged nothing has stopped: it has not been put into operation yet.
_BEATS = """
SELECT count(*) > 0 AND (count(*) < $1 OR min(beat_time) < clock_timestamp() - $2::interval),
    clock_timestamp() - min(beat_time)
FROM alert.evaluation
"""
_BEGIN = "INSERT INTO alert.standstill (begin_time) VALUES ($1) ON CONFLICT DO NOTHING"
_OPEN = "SELECT standstill_id, begin_time FROM alert.standstill WHERE end_time IS NULL FOR UPDATE"
_END = "UPDATE alert.standstill SET end_time = $2 WHERE standstill_id = $1"
_TOLD = """
SELECT subscription_id, idempotency_key, channel, recipient FROM alert.notification
WHERE standstill_id = $1 AND cause = $2 AND state <> 'CANCELLED'
"""


@dataclass(frozen=True, slots=True)
class _Episode:
    number: int
    begin: datetime


class Standstills:
    """What one planner sees of it.

    Args:
        writing: writes the messages.
    """

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._look_time: datetime | None = None
        self._stands: bool | None = None
        self._since: datetime | None = None

    def lost(self) -> None:
        """Forgets what was seen: the database was away, and with it who judges."""
        self._stands = None

    async def look(self, connection: asyncpg.Connection, book: Book, now: datetime) -> int:
        """Puts messages into the outbox if there are any to be sent now; returns how many."""
        if self._look_time is not None and now < self._look_time:
            return 0
        self._look_time = now + LOOK_EVERY
        stands, age = await connection.fetchrow(_BEATS, SHARDS, OLD)
        if stands != self._stands:
            self._stands, self._since = stands, now
        since = self._since or now
        if now - since < (LASTS if stands else WELL):
            return 0
        async with connection.transaction():
            # Otherwise the next look is soon enough.
            if not await book.stays(connection):
                return 0
            if stands:
                await connection.execute(_BEGIN, now - age)
            row = await connection.fetchrow(_OPEN)
            if row is None:
                return 0
            episode = _Episode(*row)
            if stands:
                return await self._stopped(connection, book, episode, now)
            await connection.execute(_END, episode.number, since)
            return await self._resumed(connection, book, episode, since, now)

    async def _stopped(self, connection: asyncpg.Connection, book: Book, episode: _Episode, now: datetime) -> int:
        """Tells those who have not been told yet. Who wants to hear only of what lasts hears of it later."""
        known = {row["idempotency_key"] for row in await connection.fetch(_TOLD, episode.number, STOPPED)}
        concerned = [
            s
            for s in book.subscriptions
            if s.enabled and fits_everything(s) and now >= episode.begin + timedelta(minutes=s.escalation_minutes)
        ]
        drafts = [
            _draft(subscription, STOPPED, self._writing.stopped(episode.begin, subscription.language), episode)
            for subscription in _of_each_address(concerned)
        ]
        new = [draft for draft in drafts if draft.key not in known]
        return len(await outbox.put_at_once(connection, new, now)) if new else 0

    async def _resumed(
        self, connection: asyncpg.Connection, book: Book, episode: _Episode, end: datetime, now: datetime
    ) -> int:
        """Tells those who were told of the episode that it is over, wherever they are told of things now."""
        told = await connection.fetch(_TOLD, episode.number, STOPPED)
        by_whom = {row["subscription_id"] for row in told}
        where = {(row["channel"], row["recipient"]) for row in told}
        concerned = [
            s for s in book.subscriptions if s.enabled and (s.subscription_id in by_whom or s.address in where)
        ]
        drafts = [
            _draft(subscription, RESUMED, self._writing.resumed(episode.begin, end, subscription.language), episode)
            for subscription in _of_each_address(concerned)
        ]
        return len(await outbox.put_at_once(connection, drafts, now)) if drafts else 0


def _of_each_address(subscriptions: Iterable[Subscription]) -> Sequence[Subscription]:
    """Returns the first one of each address."""
    found: dict[tuple[str, str], Subscription] = {}
    for subscription in subscriptions:
        found.setdefault(subscription.address, subscription)
    return list(found.values())


def _draft(subscription: Subscription, cause: str, content: Content, episode: _Episode) -> Draft:
    key = key_of(*subscription.address, cause, episode.number)
    return Draft(subscription, key, cause, content, standstill_id=episode.number)
