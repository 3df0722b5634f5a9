"""How sensors are split into shards, and how replicas share the shards. Pure."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# Neither number nor hash can change without a rebuild: a reading would change its cursor.
SHARDS = 16


def shard_of(sensor_id: str) -> int:
    """Returns the sensor's shard, 0 to 15, the same in every process and for ever."""
    return zlib.crc32(sensor_id.encode()) % SHARDS


@dataclass(frozen=True, slots=True)
class Cursor:
    """One shard's row: the place that it has passed, and whose it is under which right.

    Attributes:
        gen: rises whenever the holder changes; who holds an older one may write nothing.
        holder: the member that works on it, or None.
        generation: of the place in the log; empty where nothing has been built yet.
        seq: of the place in the log.
    """

    shard: int
    gen: int
    holder: int | None
    generation: str
    seq: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What one member changes so that everyone comes to a fair share."""

    take: Sequence[Cursor]
    give: Sequence[Cursor]


def plan(cursors: Collection[Cursor], me: int, alive: Collection[int]) -> Plan:
    """Returns what `me` should take and give; `alive` are all members that work, with `me`.

    A share is the shards over the members, rounded up. What nobody holds is taken up to the share, what is above it is
    given back, so that another one can take it.
    """
    share = -(-SHARDS // len(alive))
    mine = [cursor for cursor in cursors if cursor.holder == me]
    free = [cursor for cursor in cursors if cursor.holder is None or cursor.holder not in alive]
    return Plan(take=free[: max(0, share - len(mine))], give=mine[share:])
