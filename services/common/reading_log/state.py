"""What a consumer tells of itself, for metrics and readiness."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the reading log: the last batch that was passed, and the generation that its number is of."""

    generation: str
    seq: int


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when there are readings, None where there is none; what is before `frozen_before` was dropped."""

    first_time: datetime | None
    end_time: datetime | None
    frozen_before: datetime


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """How a consumer is doing.

    Attributes:
        following_since: since when the log has been followed without a break; None while it is not, or while other
            replicas hold all shards.
        members: replicas at work, this one included; 0 while the database is away.
        shards: what this replica holds.
        place: the least place of what it holds.
        readings: how many this process has applied.
        transactions: in how many transactions.
        rebuilds: how many this process has done.
        lag_readings: what all replicas together have not passed, as the log said last; None before it said so.
        lag_s: how long the oldest of it has waited, in seconds.
        last_error: why it last had to start again.
        last_error_time: when that was.
    """

    following_since: datetime | None = None
    members: int = 0
    shards: frozenset[int] = frozenset()
    place: Place | None = None
    readings: int = 0
    transactions: int = 0
    rebuilds: int = 0
    lag_readings: int | None = None
    lag_s: float | None = None
    last_error: str | None = None
    last_error_time: datetime | None = None
