"""What was measured at places and in factories is what the readings say."""

import random
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.aggregation.query import service
from tests.support.measured import rows_in, rows_of
from tests.support.refusals import refused
from tests.support.rollups import all_is_well

# The last days of 2024 and the first of 2025 at the site.
START = datetime(2024, 12, 29, 15, tzinfo=UTC)
SENSORS = ["A-1", "A-1b", "A-2", "B-1"]
NIGHT = (22, 23, 0, 1, 2, 3, 4, 5, 6)


def at(*loc_ids):
    return lambda reading: reading["loc_id"] in loc_ids


@pytest.fixture(scope="module", autouse=True)
async def written(connection, write, ask):
    """Four days of readings, at A-1 by two sensors of which one sends three times as often."""
    randomly = random.Random(7)
    rows = []
    for sensor in SENSORS:
        moment = START
        while moment < START + timedelta(days=4):
            moment += timedelta(seconds=randomly.randrange(1, 2000 if sensor == "A-1b" else 6000))
            if sensor != "B-1" or not 3 <= moment.hour < 9:
                rows.append((sensor, moment, randomly.randint(-1500, 4500) / 100, randomly.randint(0, 10000) / 100))
    for begin in range(0, len(rows), 1000):
        assert (await write(*rows[begin : begin + 1000])).rejected == 0
    await all_is_well(connection, ask)


@pytest.mark.parametrize(
    ("period", "start", "end", "first", "last"),
    [
        ("hour", "20241230", None, "20241230", "20241230"),
        ("hour", "20241231", "20250101", "20241231", "20250101"),
        ("day", "202412", None, "20241201", "20241231"),
        ("day", "202411", "202501", "20241101", "20250131"),
        ("month", "202410", "202501", "20241001", "20250131"),
        ("month", "2024", "2025", "20240101", "20251231"),
    ],
)
async def test_each_place_has_a_row_for_each_period_with_readings(connection, ask, period, start, end, first, last):
    answer = await ask(start, end)
    assert [entry.loc_id for entry in answer.locations] == ["A-1", "A-2", "B-1"]
    for entry in answer.locations:
        expected = await rows_of(connection, period, first, last, where=at(entry.loc_id))
        assert rows_in(entry) == expected
        assert expected
        alone = await ask(start, end, location_id=entry.loc_id)
        assert (list(alone.locations), list(alone.degraded)) == ([entry], [])


async def test_an_entry_says_where_its_place_is(ask):
    first, second, third = (await ask("2024")).locations
    assert (first.plant, first.factory, first.building, first.floor, first.area) == ("P", "F1", "B", 1, "A")
    assert (second.factory, second.floor, third.factory) == ("F1", 2, "F2")


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ({"factory": "F1"}, {"A-1", "A-2"}),
        ({"factory": "F2"}, {"B-1"}),
        ({"factory": "F1", "building": "B"}, {"A-1", "A-2"}),
        ({"factory": "F1", "building": "B", "floor": 1}, {"A-1"}),
    ],
)
@pytest.mark.parametrize(("period", "date"), [("hour", "20241231"), ("day", "202412"), ("month", "2024")])
async def test_sensors_of_a_factory_count_by_their_readings(connection, ask, where, places, period, date):
    (entry,) = (await ask(date, **where)).locations
    first, last = date.ljust(6, "0").replace("202400", "202401").ljust(8, "0"), date.ljust(8, "9")
    assert rows_in(entry) == await rows_of(connection, period, first, last, where=at(*places))
    unset = {"loc_id", "area", "building", "floor"} - where.keys()
    assert not any(entry.HasField(name) for name in unset)
    assert {name: getattr(entry, name) for name in where} == where
    assert entry.plant == "P"


@pytest.mark.parametrize(("period", "start"), [("hour", "20241231"), ("day", "202412"), ("month", "2024")])
@pytest.mark.parametrize(("first", "last"), [(9, 17), (0, 0), (23, 23), (None, 5), (20, None)])
async def test_only_the_hours_that_were_asked_for_count(connection, ask, period, start, first, last):
    hours = range(first or 0, 24 if last is None else last + 1)
    span = {"20241231": ("20241231", "20241231"), "202412": ("20241201", "20241231"), "2024": ("20240101", "20241231")}
    answer = await ask(start, start_hour=first, end_hour=last, factory="F1")
    expected = await rows_of(connection, period, *span[start], hours=hours, where=at("A-1", "A-2"))
    assert expected
    assert [rows_in(entry) for entry in answer.locations] == [expected]


async def test_the_night_that_begins_on_the_last_day_is_whole_and_the_one_before_the_first_is_not(connection, ask):
    (entry,) = (await ask("20241230", "20241231", start_hour=22, end_hour=6, location_id="A-1")).locations
    expected = await rows_of(connection, "hour", "20241230", "20250101", hours=NIGHT, where=at("A-1"))
    days = [(row[1], int(row[2])) for row in expected]
    counted = [
        row
        for row, (day, hour) in zip(expected, days, strict=True)
        if not (day == "20241230" and hour <= 6) and not (day == "20250101" and hour >= 22)
    ]
    assert rows_in(entry) == counted
    assert {row.ymd for row in entry.date} == {"20241230", "20241231", "20250101"}


async def test_a_night_of_a_month_ends_in_a_row_of_the_next(ask):
    (entry,) = (await ask("2024", start_hour=22, end_hour=6, factory="F1")).locations
    (days,) = (await ask("202412", start_hour=22, end_hour=6, factory="F1")).locations
    assert [row.ymd for row in entry.date] == ["202412", "202501"]
    assert days.date[-1].ymd == "20250101"
    (first_night,) = (await ask("20250101", end_hour=6, factory="F1")).locations[0:1]
    assert entry.date[-1].readings == days.date[-1].readings == sum(row.readings for row in first_night.date)


async def test_metrics_that_were_not_asked_for_are_unset(ask):
    (entry,) = (await ask("202412", location_id="A-1", metrics=["humidity_min"])).locations
    assert all([field.name for field, _ in row.metrics.ListFields()] == ["humidity_min"] for row in entry.date)
    (entry,) = (await ask("202412", location_id="A-1", metrics=[])).locations
    assert {field.name for row in entry.date for field, _ in row.metrics.ListFields()} == {
        f"{quantity}_{kind}" for quantity in ("pcv_temperature", "temperature", "humidity") for kind in ("avg", "max")
    }


async def test_a_place_without_readings_in_the_range_is_an_empty_list(ask):
    for where in ({"location_id": "A-1"}, {"factory": "F1"}, {"factory": "F1", "building": "B", "floor": 2}, {}):
        assert not (await ask("2023", **where)).locations


async def test_an_answer_has_no_more_rows_than_can_be_sent(monkeypatch, ask):
    rows = sum(len(entry.date) for entry in (await ask("20241230")).locations)
    monkeypatch.setattr(service, "MOST_ROWS", rows)
    assert (await ask("20241230")).locations
    monkeypatch.setattr(service, "MOST_ROWS", rows - 1)
    assert await refused(ask("20241230")) == (grpc.StatusCode.INVALID_ARGUMENT, ["end_date"])
