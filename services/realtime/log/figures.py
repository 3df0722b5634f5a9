"""The reading log in figures: where it ends, and how far its consumers are."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from prometheus_client import Metric

from services.common.telemetry.samples import gauge, gauges
from services.realtime.log.domain import Consumer

# Any service of the mesh may register one.
MOST_CONSUMERS = 20
OTHER = "other"
LABELS = ("consumer",)


class End(Protocol):
    """Tells where the log ends; None while the database is away."""

    last_seq: int | None


class Consumers(Protocol):
    """Tells how far the consumers are, by name."""

    async def consumers(self) -> Sequence[Consumer]: ...  # noqa: D102


class LogFigures:
    """Tells of the log."""

    def __init__(self, feed: End, store: Consumers) -> None:
        self._feed = feed
        self._store = store

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        if self._feed.last_seq is None:
            return []
        end = gauge("montrg_reading_log_end", "The number of the last batch.", self._feed.last_seq)
        readings: dict[tuple[str, ...], float] = {}
        seconds: dict[tuple[str, ...], float] = {}
        reports: dict[tuple[str, ...], float] = {}
        for number, consumer in enumerate(await self._store.consumers()):
            key = (consumer.name if number < MOST_CONSUMERS else OTHER,)
            # Of several the one that is worst off counts.
            readings[key] = max(readings.get(key, 0), consumer.lag_readings)
            seconds[key] = max(seconds.get(key, 0.0), consumer.lag_s)
            reports[key] = min(reports.get(key, float("inf")), consumer.report_time.timestamp())
        return [
            end,
            gauges("montrg_reading_log_lag_readings", "Readings that a consumer has not passed.", LABELS, readings),
            gauges("montrg_reading_log_lag_seconds", "How long the oldest of them has waited.", LABELS, seconds),
            gauges("montrg_reading_log_report_timestamp_seconds", "When it last said how far it is.", LABELS, reports),
        ]
