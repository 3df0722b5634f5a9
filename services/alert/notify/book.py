"""Subscriptions and silences as they are at one revision, so that they are read only after a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

import asyncpg

from services.alert.silences.domain import Silence
from services.alert.subscriptions.domain import Subscription

# Held until the caller's transaction ends: what it plans is planned by what is valid when it commits.
_LOCKED_REVISION = "SELECT value FROM alert.revision FOR SHARE"
_SUBSCRIPTIONS = ", ".join(f.name for f in fields(Subscription))
_SILENCES = ", ".join(f.name for f in fields(Silence))


@dataclass(slots=True)
class Book:
    """What is known at a revision. `revision` is 0 as long as nothing was read."""

    revision: int = 0
    subscriptions: Sequence[Subscription] = ()
    silences: Sequence[Silence] = ()
    by_id: Mapping[int, Subscription] = field(default_factory=dict)

    async def stays(self, connection: asyncpg.Connection) -> bool:
        """Tells whether nothing changed since it was read, and sees to that until the transaction ends."""
        return bool(await connection.fetchval(_LOCKED_REVISION) == self.revision)

    async def read(self, connection: asyncpg.Connection) -> bool:
        """Reads what changed since, in the caller's transaction; tells whether anything did."""
        revision = await connection.fetchval(_LOCKED_REVISION)
        if revision == self.revision:
            return False
        rows = await connection.fetch(
            f"SELECT {_SUBSCRIPTIONS} FROM alert.subscription ORDER BY subscription_id"  # noqa: S608  our own names
        )
        self.subscriptions = [Subscription(*row) for row in rows]
        self.by_id = {s.subscription_id: s for s in self.subscriptions}
        rows = await connection.fetch(f"SELECT {_SILENCES} FROM alert.silence ORDER BY silence_id")  # noqa: S608
        self.silences = [Silence(*row) for row in rows]
        self.revision = revision
        return True

    def next_change(self, now: datetime) -> datetime | None:
        """Returns when a silence next begins or ends to hold."""
        return min((moment for s in self.silences if (moment := s.next_change(now)) is not None), default=None)
