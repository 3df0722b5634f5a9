"""Tells whether readings are judged, by what those who judge leave in the database."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.alert.alerts.domain import Evaluation
from services.common.clock import Clock
from services.common.database import Database

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
LATE = timedelta(seconds=10)

_UNKNOWN = Evaluation(("EVALUATION_UNKNOWN: whether readings are judged has not been read yet",))
_NEVER = "EVALUATION_UNKNOWN: no readings have been judged yet"
_BEATS = "SELECT shard, beat_time, rule_revision FROM alert.evaluation ORDER BY shard"
_REPLICAS = "SELECT count(*) FROM alert.log_member WHERE seen_time > clock_timestamp() - interval '5 s'"


class StoredEvaluation:
    """Satisfies EvaluationView."""

    def __init__(self, database: Database, clock: Clock, is_away: Callable[[BaseException], bool]) -> None:
        self._database = database
        self._clock = clock
        self._is_away = is_away
        self._report = _UNKNOWN

    def problems(self) -> Sequence[str]:
        """Says what is wrong; nothing where all is well."""
        return self._report.problems

    def report(self) -> Evaluation:
        """Returns what was read last."""
        return self._report

    async def run(self) -> None:
        """Reads every now and then, until it is cancelled."""
        while True:
            try:
                self._report = await self._read()
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("evaluation not read", extra={"error": repr(error)})
                self._report = _UNKNOWN
            await asyncio.sleep(LOOK_EVERY_S)

    async def _read(self) -> Evaluation:
        async with self._database.driver() as connection:
            beats = [(row[0], row[1], row[2]) for row in await connection.fetch(_BEATS)]
            replicas = await connection.fetchval(_REPLICAS)
        if not beats:
            return Evaluation((_NEVER,), replicas)
        last_time = min(beat for _, beat, _ in beats)
        late = [shard for shard, beat, _ in beats if beat < self._clock() - LATE]
        problems = (_late(late, last_time),) if late else ()
        return Evaluation(problems, replicas, last_time=last_time, rule_revision=min(r for *_, r in beats))


def _late(shards: Sequence[int], since: datetime) -> str:
    return f"EVALUATION_STALE since {since:%Y-%m-%dT%H:%M:%SZ}: shards {', '.join(map(str, shards))} are not judged"
