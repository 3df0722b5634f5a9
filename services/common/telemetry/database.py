"""What a process tells of its database: whether it answers, its connections, its clock and its schema."""

import asyncio
import time
from collections.abc import Callable, Iterable

from prometheus_client import Metric

from services.common.database import MAX_OVERFLOW, Database
from services.common.telemetry.samples import gauge, gauges

# Less than a sampler may take, so that an answer that does not come is told, too.
PATIENCE_S = 2.0


class DatabaseFigures:
    """A sampler of the database of one service."""

    def __init__(self, database: Database, schema: str, is_away: Callable[[Exception], bool]) -> None:
        """Takes what tells whether an error means a database that is away."""
        self._database = database
        self._statement = f"SELECT clock_timestamp(), (SELECT version_num FROM {schema}.alembic_version)"  # noqa: S608  of the catalog
        self._is_away = is_away

    async def __call__(self) -> Iterable[Metric]:
        """Returns what it is at the moment; where the database is away that, and what is known without it."""
        return [*self._pool(), *await self._answer()]

    def _pool(self) -> Iterable[Metric]:
        pool = self._database.pool
        used = pool.checkedout()
        states: dict[tuple[str, ...], float] = {("used",): used, ("idle",): pool.checkedin()}
        words = "Connections that the process keeps to the database"
        yield gauges("montrg_database_pool_connections", words, ("state",), states)
        yield gauge("montrg_database_pool_size", "Connections that it may have at most", pool.size() + MAX_OVERFLOW)

    async def _answer(self) -> Iterable[Metric]:
        words = "Whether the database answers this process"
        try:
            async with asyncio.timeout(PATIENCE_S), self._database.aside() as driver:
                asked = time.time()
                now, revision = await driver.fetchrow(self._statement)
                answered = time.time()
        except Exception as error:
            if not self._is_away(error):
                raise
            return [gauge("montrg_database_up", words, 0)]
        # Half of the way there and back.
        skew = now.timestamp() - (asked + answered) / 2
        return [
            gauge("montrg_database_up", words, 1),
            gauge("montrg_database_clock_skew_seconds", "The clock of the database's machine less ours", skew),
            gauges("montrg_schema_revision_info", "The newest migration", ("revision",), {(str(revision),): 1}),
        ]
