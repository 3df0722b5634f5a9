"""Whoever starts anew after any transaction comes to the same alerts, and these show what was measured last."""

import random

import pytest

from services.alert.evaluate.tuning import NEVER, SECOND, Tuning
from services.alert.evaluate.work import EvaluationWork
from services.common.clock import system_clock
from services.common.database import Database
from services.common.epoch import moment_of
from services.common.reading_log import SHARDS
from tests.alert.evaluate.test_batch import (
    SENSORS,
    Followed,
    Weather,
    directory,
    rules,
    slice_of,
    slices_at_random,
)
from tests.alert.evaluate.traces import NAN, NOON
from tests.conftest import service_url

EVENTS = """
SELECT sensor_id, alert_type, threshold_type, event_seq, event_type, event_time, state, level, measured_value, note
FROM alert.alert_event ORDER BY sensor_id, alert_type, threshold_type, alert_id, event_seq
"""
ALERTS = """
SELECT to_jsonb(a) - ARRAY['alert_id', 'update_time'] FROM alert.alert a
ORDER BY sensor_id, alert_type, threshold_type, alert_id
"""
SHOWN = "SELECT measured_value, peak_value FROM alert.alert WHERE threshold_type = 'pcv_temperature'"
NOTHING = "TRUNCATE alert.alert, alert.alert_event, alert.sensor_state, alert.evaluation"


@pytest.fixture
async def database(admin_url):
    database = Database(service_url(admin_url, "alert"), 1, "test")
    yield database
    await database.close()


def begin(clock=system_clock):
    tuning = Tuning(off_delay=30 * SECOND)
    return EvaluationWork(Followed(rules()), Followed(directory()), None, tuning, clock)  # type: ignore[arg-type]


async def apply(database, work, *slices):
    async with database.driver() as connection:
        await work.apply(connection, slices)


async def tick(database, work):
    async with database.driver() as connection:
        await work.tick(connection, range(SHARDS))


async def run(database, admin, monkeypatch, seed, *, restarting):
    """Takes readings at random; returns all that there is then."""
    monkeypatch.setattr("services.alert.evaluate.work.TELL_S", 0.01)
    await admin.execute(NOTHING)
    chance = random.Random(seed)
    weather, now, work = Weather(chance), NOON, begin()
    for _ in range(30):
        slices, now = slices_at_random(chance, now, weather)
        await apply(database, work, *slices)
        if restarting:
            work = begin()
    monkeypatch.setattr("services.alert.evaluate.work.TELL_S", 0.0)
    await tick(database, work)
    return [tuple(row) for row in (*await admin.fetch(EVENTS), *await admin.fetch(ALERTS))]


@pytest.mark.parametrize("seed", range(3))
async def test_restarts_after_every_transaction_change_nothing(database, connection, monkeypatch, seed):
    straight = await run(database, connection, monkeypatch, seed, restarting=False)
    assert len(straight) > 50, "nothing happened: the test shows nothing"
    assert await run(database, connection, monkeypatch, seed, restarting=True) == straight


def one(at, value):
    return slice_of(at, NOON + at * SECOND, [("s3", NOON + at * SECOND, -5.0, 50.0, value, 1)])


async def test_an_alert_shows_what_was_measured_last_after_a_while_and_before_that_is_lost(
    database, connection, monkeypatch
):
    monkeypatch.setattr("services.alert.evaluate.work.TELL_S", 3600.0)
    await connection.execute(NOTHING)
    work = begin()
    await apply(database, work, one(0, 35.5))
    await apply(database, work, one(60, 36.0), one(70, 36.5))
    await apply(database, work, one(80, 37.0))
    await apply(database, work, one(90, 35.0))
    assert tuple(await connection.fetchrow(SHOWN)) == (36.5, 36.5)
    # The next reading is without a value: what was the last one is known only here, and only now.
    await apply(database, work, one(100, NAN))
    assert tuple(await connection.fetchrow(SHOWN)) == (35.0, 37.0)
    await apply(database, work, one(110, 37.2))
    monkeypatch.setattr("services.alert.evaluate.work.TELL_S", 0.0)
    await tick(database, work)
    assert tuple(await connection.fetchrow(SHOWN)) == (37.2, 37.2)


@pytest.mark.parametrize("restarting", [False, True])
async def test_who_never_sent_is_missed_once_and_has_a_row_like_all_others_from_then_on(
    database, connection, monkeypatch, restarting
):
    monkeypatch.setattr("services.alert.evaluate.work.TELL_S", 3600.0)
    await connection.execute(NOTHING)
    now = NOON

    def begun():
        return begin(lambda: moment_of(now))

    work = begun()
    await tick(database, work)
    assert await connection.fetchval("SELECT count(*) FROM alert.sensor_state") == 0
    for minutes in (4, 8, 12):
        now = NOON + minutes * 60 * SECOND
        await tick(database, work)
        if restarting and minutes > 4:
            work = begun()
            await tick(database, work)
    stored = await connection.fetch("SELECT capture_time, machines IS NULL FROM alert.sensor_state")
    assert [tuple(row) for row in stored] == [(moment_of(NEVER), False)] * len(SENSORS)
    for at, value in ((720, 35.5), (770, 35.6), (780, 36.6), (790, 36.2)):
        now = NOON + at * SECOND
        await apply(database, work, one(at, value))
        if restarting:
            work = begun()
    found = await connection.fetch(f"SELECT * FROM ({EVENTS}) e WHERE sensor_id = 's3' ORDER BY event_time")
    told = [(row["alert_type"], row["event_type"], row["level"]) for row in found]
    assert told == [("no_data", "raised", "yellow"), ("no_data", "cleared", "yellow"), ("threshold", "raised", "red")]
    marks = "SELECT pcv_temperature, pcv_anchor, pcv_peak FROM alert.sensor_state WHERE sensor_id = 's3'"
    assert tuple(await connection.fetchrow(marks)) == (36.2, 36.2, 36.6)


@pytest.mark.parametrize(("away_s", "missed"), [(1, 1), (60, 0)])
async def test_who_takes_over_at_once_misses_a_sensor_as_soon_as_the_one_before_would_have(
    database, connection, away_s, missed
):
    await connection.execute(NOTHING)
    now = NOON

    def begun():
        return begin(lambda: moment_of(now))

    work = begun()
    await apply(database, work, one(0, 20.0))
    await tick(database, work)
    now = NOON + 10 * SECOND
    work = begun()
    await tick(database, work)
    away = "UPDATE alert.evaluation SET beat_time = beat_time - make_interval(secs => $1)"
    await connection.execute(away, away_s)
    now = NOON + 31 * SECOND
    await tick(database, begun())
    query = "SELECT count(*) FROM alert.alert WHERE sensor_id = 's3' AND alert_type = 'no_data'"
    assert await connection.fetchval(query) == missed
