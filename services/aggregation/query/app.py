"""Wires the query."""

import asyncio
from collections.abc import Callable

from services.aggregation.places import Places, SqlPlaces
from services.aggregation.query import convert, json_text, spreadsheet
from services.aggregation.query.clients import RangeReadings
from services.aggregation.query.condition import Condition
from services.aggregation.query.export import ExportUseCases
from services.aggregation.query.handler import AggregationHandler, AggregationJsonHandler
from services.aggregation.query.repository import SqlCondition, SqlRollups
from services.aggregation.query.series_repository import SqlSeries
from services.aggregation.query.service import QueryUseCases
from services.aggregation.query.timeseries import SeriesUseCases
from services.aggregation.query.whereabouts import Whereabouts
from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower
from services.common.reading_log import ConsumerState, RangeClient
from services.directory.domain import Directory


class Query:
    """The query's servicer; `run` keeps current what it knows."""

    def __init__(
        self,
        database: Database,
        directory: Follower[Directory],
        consumer: Callable[[], ConsumerState],
        ranges: RangeClient,
        zone: str,
    ) -> None:
        self._places = Places(directory, SqlPlaces(database), database_is_away)
        self._condition = Condition(SqlCondition(database), directory, consumer, zone, database_is_away)
        rollups = SqlRollups(database)
        whereabouts = Whereabouts(self._places, rollups)
        exports = ExportUseCases(rollups, whereabouts, self._condition, spreadsheet)
        raw = RangeReadings(ranges)
        series = SeriesUseCases(
            SqlSeries(database), raw, whereabouts, self._condition, clock=system_clock, wire=convert
        )
        self.handler = AggregationHandler(
            QueryUseCases(rollups, whereabouts, self._condition, convert), exports, series
        )
        self.json_handler = AggregationJsonHandler(QueryUseCases(rollups, whereabouts, self._condition, json_text))

    async def run(self) -> None:
        """Follows the places and the condition of the rollups, until it is cancelled."""
        await asyncio.gather(self._places.run(), self._condition.run())
