"""What is told of backfills that are not done, in a database on which nobody works."""

from datetime import date, datetime, timedelta

import asyncpg
import pytest

from services.aggregation.backfill.figures import BackfillFigures
from services.common.database import Database
from tests.aggregation.backfill.conftest import JUNE
from tests.conftest import service_url

INSERT = """
INSERT INTO aggregation.backfill (state, start_date, end_date, range_start, range_end, done_until, create_time,
                                  update_time)
VALUES ($1, $2, $3, $4, $5, $6, now(), now() - $7::interval)
"""
NOTHING = {"pending": 0, "running": 0, "failed": 0}


@pytest.fixture
async def told(admin_url):
    """Tells how many there are by their states, and how many hours they have left."""
    database = Database(service_url(admin_url, "aggregation"), 1, "test")
    figures = BackfillFigures(database)

    async def tell():
        states, hours = await figures.sample()
        return {sample.labels["state"]: sample.value for sample in states.samples}, hours.samples[0].value

    yield tell
    await database.close()


@pytest.fixture
async def put(admin_url):
    """Puts a backfill there, among no others."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute("DELETE FROM aggregation.backfill")

    async def put(
        state: str,
        days: tuple[date | None, date | None] = (None, None),
        span: tuple[datetime | None, ...] = (None, None, None),
        age: timedelta = timedelta(),
    ) -> None:
        await connection.execute(INSERT, state, *days, *span, age)

    yield put
    await connection.close()


async def test_one_that_runs_has_left_what_is_not_done_and_one_of_some_days_those_days(told, put):
    assert await told() == (NOTHING, 0)
    await put("RUNNING", span=(JUNE, JUNE + timedelta(hours=48), JUNE + timedelta(hours=36)))
    assert await told() == (NOTHING | {"running": 1}, 12)
    await put("PENDING", days=(date(2026, 6, 1), date(2026, 6, 3)))
    await put("PENDING")
    assert await told() == (NOTHING | {"running": 1, "pending": 2}, 12 + 72)


async def test_one_that_failed_is_told_for_a_day_and_one_that_is_done_not_at_all(told, put):
    span = (JUNE, JUNE + timedelta(hours=48), JUNE)
    await put("DONE", span=span)
    await put("FAILED", span=span, age=timedelta(hours=1))
    await put("FAILED", span=span, age=timedelta(hours=30))
    assert await told() == (NOTHING | {"failed": 1}, 0)
