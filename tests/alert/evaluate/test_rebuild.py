"""A rebuild that breaks off, on a real database."""

from contextlib import asynccontextmanager

import pytest

from services.alert.evaluate.tuning import SECOND, Tuning
from services.alert.evaluate.work import EvaluationWork
from services.common.clock import system_clock
from services.common.database import Database
from services.common.epoch import microseconds
from services.common.errors import UnavailableError
from services.common.reading_log import Place
from tests.alert.evaluate.test_batch import Followed, directory, rules, slice_of
from tests.conftest import service_url

PLACE = Place("g", 1)


class BrokenLatest:
    """Gives some readings, and breaks off."""

    def __init__(self, *parts):
        self._parts = parts

    async def latest(self):
        yield PLACE
        for part in self._parts:
            yield part
        raise UnavailableError("the stream broke", "LOG_UNAVAILABLE")


@asynccontextmanager
async def fenced(database):
    """A transaction as the consumer gives it: begun, by its fence."""
    async with database.driver() as transaction:
        await transaction.execute("SELECT FROM alert.log_cursor FOR UPDATE")
        yield transaction


@pytest.fixture
async def database(admin_url, connection):
    database = Database(service_url(admin_url, "alert"), 1, "test")
    yield database
    await database.engine.dispose()


async def test_of_a_rebuild_that_failed_nothing_is_remembered(database, connection):
    now = microseconds(system_clock())
    hot = slice_of(1, now, [("s1", now - SECOND, 30.0, 50.0, 39.0, 1)])
    latest = BrokenLatest(hot, slice_of(1, now, [("s3", now - SECOND, 30.0, 50.0, 25.0, 1)]))
    work = EvaluationWork(Followed(rules()), Followed(directory()), latest, Tuning(), system_clock)
    with pytest.raises(UnavailableError):
        async with fenced(database) as transaction:
            await work.rebuild(transaction, PLACE)
    assert await connection.fetchval("SELECT count(*) FROM alert.sensor_state") == 0
    # Another replica rebuilds, and gives the shards back: the same reading is new to them, and so is its danger.
    async with fenced(database) as transaction:
        await work.apply(transaction, [hot])
    rows = await connection.fetch("SELECT sensor_id, alert_level, state FROM alert.alert")
    assert [tuple(row) for row in rows] == [("s1", "critical", "ACTIVE")]
