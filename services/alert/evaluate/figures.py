"""How readings are judged, in figures."""

from collections.abc import Iterable

from prometheus_client import Counter, Metric

from services.alert.domain import CLEARED, LIVE, RECOVERING
from services.alert.evaluate.journal import Journal
from services.alert.matching import ALERT_LEVELS
from services.common.database import Database
from services.common.reading_log import SHARDS
from services.common.telemetry.registry import REGISTRY
from services.common.telemetry.samples import gauges

READINGS = Counter("montrg_evaluator_readings", "Readings that were judged.", registry=REGISTRY)
_TRANSITIONS = Counter(
    "montrg_evaluator_transitions", "What alerts became by readings and time.", ["to"], registry=REGISTRY
)
_TO = {word: _TRANSITIONS.labels(word.lower()) for word in (*ALERT_LEVELS, RECOVERING, CLEARED)}
_BEATS = "SELECT shard, extract(epoch FROM beat_time)::float8 FROM alert.evaluation"


def count(journal: Journal) -> None:
    """Counts what a transaction writes; of one that fails, which is seldom, it is counted again."""
    for episode in journal.episodes:
        if episode.raised is not None:
            _TO[episode.raised["alert_level"]].inc()
        for told in episode.told:
            if told.event_type != LIVE:  # by which nothing but who is told changes
                _TO[told.state if told.state in _TO else told.level].inc()


class HeartbeatFigures:
    """Tells when each shard was judged last, by whichever replica; 0 of one that never was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        async with self._database.reader() as connection:
            rows = await connection.fetch(_BEATS)
        beats = {(str(shard),): 0.0 for shard in range(SHARDS)} | {(str(shard),): time for shard, time in rows}
        words = "When a shard was last judged, or found to have nothing to judge."
        return [gauges("montrg_evaluator_heartbeat_timestamp_seconds", words, ["shard"], beats)]
