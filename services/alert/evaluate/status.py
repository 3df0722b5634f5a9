"""Whether readings are judged: by what the shards say of themselves, and by what the log says of the consumer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from services.alert.domain import Evaluation
from services.common.clock import Clock
from services.common.database import Database
from services.common.reading_log import SHARDS, ConsumerState

DEAD_AFTER = timedelta(seconds=10)
BEHIND_S = 15.0
# A consumer that could not reach the log has said so within its longest pause between two tries, and some.
LOG_AWAY = timedelta(seconds=30)

_BEATS = text("SELECT shard, beat_time, rule_revision FROM alert.evaluation")


@dataclass(frozen=True, slots=True)
class Beat:
    """When a shard was last judged, or found to have nothing to judge, and by which rules."""

    time: datetime
    rule_revision: int


def evaluation(
    beats: Mapping[int, Beat], consumer: ConsumerState, degraded: Sequence[str], begin: datetime, now: datetime
) -> Evaluation:
    """Returns how the evaluation stands.

    Args:
        beats: by shard.
        consumer: this replica's.
        degraded: what the neighbours' copies say of themselves.
        begin: when this replica began; a shard is called dead only when it has had time since.
        now: the time.
    """
    last = min((beat.time for beat in beats.values()), default=None) if len(beats) == SHARDS else None
    silent = [shard for shard in range(SHARDS) if shard not in beats or now - beats[shard].time > DEAD_AFTER]
    is_log_away = (
        consumer.following_since is None
        and consumer.last_error_time is not None
        and now - consumer.last_error_time < LOG_AWAY
    )
    problems = list(degraded)
    if silent:
        since = f"since {last:%Y-%m-%dT%H:%M:%SZ}" if last else "ever"
        problems.append(f"EVALUATION_DEAD: {len(silent)} of {SHARDS} shards have not been judged {since}")
    if is_log_away:
        problems.append(f"LOG_AWAY: {consumer.last_error}")
    lag_s = consumer.lag_s or 0.0
    if lag_s > BEHIND_S:
        problems.append(f"EVALUATION_BEHIND: the oldest reading that is not judged yet came {lag_s:.0f} s ago")
    return Evaluation(
        problems=problems,
        replicas=consumer.members,
        lag_readings=consumer.lag_readings or 0,
        lag_s=lag_s,
        last_time=last,
        rule_revision=min((beat.rule_revision for beat in beats.values()), default=0),
        is_dead=bool(silent) and not is_log_away and now - begin > DEAD_AFTER,
    )


class EvaluationStatus:
    """Reads how the evaluation stands, all replicas together."""

    def __init__(
        self,
        database: Database,
        consumer: Callable[[], ConsumerState],
        degraded: Callable[[], Sequence[str]],
        clock: Clock,
    ) -> None:
        self._database = database
        self._consumer = consumer
        self._degraded = degraded
        self._clock = clock
        self._begin = clock()

    async def read(self) -> Evaluation:
        """Returns how it stands now."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(_BEATS)
            beats = {row.shard: Beat(row.beat_time, row.rule_revision) for row in rows}
        return evaluation(beats, self._consumer(), self._degraded(), self._begin, self._clock())

    async def is_ready(self) -> bool:
        """Tells whether readings are judged, as far as that can be done here."""
        return not (await self.read()).is_dead
