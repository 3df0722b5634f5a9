"""What a consumer is given: the work to do with the readings."""

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

import asyncpg

from services.common.reading_log.columns import ReadingSlice
from services.common.reading_log.state import Place


class LogWork(Protocol):
    """The work of one consumer. Its methods are called one after the other, never two at a time.

    None may keep the event loop busy for more than a second: a replica that cannot show itself for 5 s counts as gone.
    A neighbour or database that is away is UnavailableError or the driver's own error: the same is then tried again.
    Any other error ends the consumer, and with it the process.
    """

    async def apply(self, connection: asyncpg.Connection, slices: Sequence[ReadingSlice]) -> None:
        """Does the work of the next batches, in the log's order.

        Everything that it writes over `connection` is committed together with the cursors, or not at all: so each
        reading counts once, whatever is killed when. It neither commits nor rolls back. State in memory may be changed
        as if the commit were certain, because lost() follows where it fails.

        The commit does not wait for the disk: a crash of the database's machine takes the work back together with the
        cursors, and it is done again from the log. What could be done otherwise then, such as a number that is given,
        must not be known to others before it is on disk: a transaction that puts it into an outbox sets
        `synchronous_commit` to on.
        """

    async def rebuild(self, connection: asyncpg.Connection, place: Place) -> None:
        """Makes everything anew from the readings, since the log does not hold what was missed; also at the very first.

        It is called by one replica, for all shards, while the others wait; the cursors then stand at `place`, the log's
        end before the call. What is written over `connection` is committed with them. Work that is too long for one
        transaction may come before, in transactions of its own, if doing it twice is harmless: a replica that is
        killed here leaves the whole rebuild to another.

        Readings that were stored after `place` are both in what a rebuild reads and in the log. Either write what
        comes out the same when it is done twice, such as a cell that is computed from all its readings, or keep the
        keys (sensor_id, capture_time) that were read, and pass over them in apply() once.
        """

    def lost(self, shards: Collection[int]) -> None:
        """Drops what is in memory of these shards: another replica goes on with them, or a transaction failed.

        This replica may get them again; what the database says then holds.
        """


@runtime_checkable
class Ticking(Protocol):
    """What a LogWork may have beside: work that time brings, and not readings."""

    async def tick(self, connection: asyncpg.Connection, shards: Collection[int]) -> None:
        """Does what is due in some shards: all that this replica holds.

        It is called about once a second, and soon after LogConsumer.tick_soon(), but only while the log is followed and
        all that was in it has been applied: who has not been heard of here has said nothing. What holds for apply()
        holds for it, too: what it writes over `connection` is fenced, its commit does not wait for the disk, and lost()
        follows where it fails.
        """
