"""Wires the backfills."""

from services.aggregation.backfill.handler import BackfillHandler
from services.aggregation.backfill.leases import Leases
from services.aggregation.backfill.mending import Mender
from services.aggregation.backfill.repository import SqlJobs
from services.aggregation.backfill.service import BackfillUseCases
from services.aggregation.backfill.verification import Verifier
from services.aggregation.backfill.worker import BackfillWorker
from services.aggregation.rollup.store import RollupWriter
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.reading_log import RangeClient


class Backfills:
    """The servicer of backfills; `run` works on them."""

    def __init__(self, database: Database, ranges: RangeClient, zone: str) -> None:
        """Takes where the rollups are, where the readings come from, and the configured zone."""
        jobs, writer = SqlJobs(database, zone), RollupWriter(zone)
        mender = Mender(database, ranges, writer)
        self._worker = BackfillWorker(Leases(database, writer, zone), mender, ranges, database_is_away)
        use_cases = BackfillUseCases(jobs, ranges, self._worker.wake)
        self.handler = BackfillHandler(use_cases, Verifier(database, ranges, jobs.calendar))

    async def run(self) -> None:
        """Works on backfills until it is cancelled."""
        await self._worker.run()
