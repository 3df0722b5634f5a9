"""The open alerts in figures. They are in memory, and every replica's are the same."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from prometheus_client import Metric

from services.alert.alerts.board import Board
from services.common.telemetry.factories import FactoryLabels
from services.common.telemetry.samples import gauges
from services.directory.domain import Directory


class Feed(Protocol):
    """A board; it may be older than what is stored where the feed is not current."""

    board: Board

    @property
    def is_current(self) -> bool: ...  # noqa: D102


class AlertFigures:
    """Tells how many alerts are open."""

    def __init__(self, feed: Feed, directory: Callable[[], Directory | None]) -> None:
        """Takes where the alerts are, and what gives the directory, by which factories have a label of their own."""
        self._feed = feed
        self._directory = directory

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler; without the database it tells nothing, as what it knows is old."""
        if not self._feed.is_current:
            return []
        directory = self._directory()
        labels = FactoryLabels(place.factory for place in directory.places.values()) if directory else FactoryLabels([])
        alerts = self._feed.board.open_alerts()
        counts = Counter((labels.of(alert.factory), alert.alert_type, alert.alert_level) for alert in alerts)
        return [gauges("montrg_alerts_active", "Alerts that are not cleared.", ["factory", "type", "level"], counts)]
