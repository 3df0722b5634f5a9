"""What waits for the history, in figures."""

from collections.abc import Iterable

from prometheus_client import Metric

from services.common.database import Database
from services.common.telemetry.outboxes import MOST_COUNTED, outbox

# The order is that of an index: without it all events would be looked through where the server has not noticed yet that
# few of them wait.
_WAITING = """
SELECT (SELECT count(*) FROM (
        SELECT FROM alert.alert_event WHERE NOT delivered ORDER BY create_time LIMIT $1) counted),
    coalesce((SELECT extract(epoch FROM clock_timestamp() - create_time)::float8
              FROM alert.alert_event WHERE NOT delivered ORDER BY create_time LIMIT 1), 0)
"""


class HistoryFigures:
    """Tells what waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        async with self._database.reader() as connection:
            return outbox("history", *await connection.fetchrow(_WAITING, MOST_COUNTED))
