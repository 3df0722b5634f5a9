"""Wires the query."""

import asyncio
from collections.abc import Callable

from services.aggregation.places import Places, SqlPlaces
from services.aggregation.query import convert, json_text
from services.aggregation.query.condition import Condition
from services.aggregation.query.repository import SqlCondition, SqlRollups
from services.aggregation.query.service import QueryUseCases
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower
from services.common.reading_log import ConsumerState
from services.directory.domain import Directory


class Query:
    """The query's use cases; `run` keeps current what they know."""

    def __init__(
        self, database: Database, directory: Follower[Directory], consumer: Callable[[], ConsumerState], zone: str
    ) -> None:
        self._places = Places(directory, SqlPlaces(database), database_is_away)
        self._condition = Condition(SqlCondition(database), consumer, zone, database_is_away)
        known = (SqlRollups(database), self._places, self._condition, directory)
        self.use_cases = QueryUseCases(*known, convert)
        self.use_cases_in_json = QueryUseCases(*known, json_text)

    async def run(self) -> None:
        """Follows the places and the condition of the rollups, until it is cancelled."""
        await asyncio.gather(self._places.run(), self._condition.run())
