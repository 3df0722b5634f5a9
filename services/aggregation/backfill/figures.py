"""Backfills in figures: how many there are, and how much is left of them."""

from collections.abc import Iterable

from prometheus_client import Metric

from services.common.database import Database
from services.common.telemetry.samples import gauge, gauges

STATES = ("pending", "running", "failed")
# What one goes through is known when it has begun, unless somebody has named its days. There are few backfills.
_STANDING = """
SELECT lower(state), count(*), coalesce(sum(extract(epoch FROM
    coalesce(range_end - done_until, (end_date - start_date + 1) * interval '1 day')
) / 3600) FILTER (WHERE state <> 'FAILED'), 0)::float8
FROM aggregation.backfill
WHERE state IN ('PENDING', 'RUNNING') OR (state = 'FAILED' AND update_time > clock_timestamp() - interval '1 day')
GROUP BY state
"""


class BackfillFigures:
    """Tells of the backfills that are not done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        async with self._database.reader() as connection:
            rows = await connection.fetch(_STANDING)
        counts = {(state,): 0 for state in STATES} | {(state,): count for state, count, _ in rows}
        hours = sum(left for *_, left in rows)
        return [
            gauges("montrg_backfills", "Backfills; of failed ones those of the last day.", ["state"], counts),
            gauge("montrg_backfill_pending_hours", "Hours of the calendar that they have left to go through.", hours),
        ]
