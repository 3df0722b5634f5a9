"""What the live view says in figures. It is in memory, and every replica's is the same."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from prometheus_client import Metric

from services.common.telemetry.samples import gauge, gauges
from services.directory.domain import Directory
from services.heat.judging import Rules
from services.realtime.live.board import Board
from services.realtime.live.tally import Tally

# Others get their turn after so many sensors.
TOGETHER = 2_000


class Shown(Protocol):
    """A view; its board may be older than what is stored where it is not current."""

    board: Board

    @property
    def is_current(self) -> bool: ...  # noqa: D102
    @property
    def directory(self) -> Directory | None: ...  # noqa: D102
    @property
    def rules(self) -> Rules | None: ...  # noqa: D102


class LiveFigures:
    """Tells of sensors and places."""

    def __init__(self, view: Shown) -> None:
        self._view = view
        self._directory: Directory | None = None
        self._in_service: frozenset[str] = frozenset()  # by that directory

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler; without the database it tells nothing, as what it knows is old."""
        if not self._view.is_current:
            return []
        directory = self._view.directory
        tally = Tally(directory, self._view.rules)
        entries = self._view.board.entries()
        for begin in range(0, len(entries), TOGETHER):
            tally.add(entries[begin : begin + TOGETHER])
            await asyncio.sleep(0)
        tally.add_unheard(self._view.board.unheard(self._names(directory)))
        await asyncio.sleep(0)
        words = "Sensors in service by what they are worth."
        families: list[Metric] = [gauges("montrg_sensors", words, ["factory", "quality"], tally.sensors())]
        await asyncio.sleep(0)
        words = "Places with sensors by their level of perceived temperature."
        families.append(gauges("montrg_places", words, ["factory", "level"], tally.places()))
        words = "The highest that is measured now."
        families.append(gauges("montrg_perceived_temperature_celsius", words, ["factory"], tally.highest()))
        if tally.newest is not None:
            words = "The capture time of the newest stored reading."
            families.append(gauge("montrg_ingest_newest_timestamp_seconds", words, tally.newest / 1e6))
        return families

    def _names(self, directory: Directory | None) -> frozenset[str]:
        """Returns the sensors in service."""
        if directory is not self._directory:
            self._directory = directory
            sensors = directory.sensors.values() if directory else ()
            self._in_service = frozenset(sensor.sensor_id for sensor in sensors if sensor.is_active)
        return self._in_service
