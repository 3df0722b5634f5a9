"""What waits for the audit trail, in figures."""

from collections.abc import Iterable

from prometheus_client import Metric

from services.common.database import Database
from services.common.telemetry.outboxes import MOST_COUNTED, outbox

# Those of one thing are in the order of their positions, and the others nearly so.
_WAITING = """
SELECT (SELECT count(*) FROM (SELECT FROM {schema}.audit_outbox LIMIT $1) counted),
    coalesce((SELECT extract(epoch FROM clock_timestamp() - record_time)::float8
              FROM {schema}.audit_outbox ORDER BY position LIMIT 1), 0)
"""


class AuditFigures:
    """Tells what waits in a schema where CREATE_TABLE was run."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._waiting = _WAITING.format(schema=schema)

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        async with self._database.reader() as connection:
            return outbox("audit", *await connection.fetchrow(self._waiting, MOST_COUNTED))
