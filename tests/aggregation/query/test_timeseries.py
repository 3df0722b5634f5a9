"""Time series: a point for each step, made of the rollups or of the readings themselves."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.aggregation.query import timeseries
from tests.support.measured import metrics_of
from tests.support.refusals import reason, refused
from tests.support.rollups import all_is_well

SEOUL = ZoneInfo("Asia/Seoul")
START, END = datetime(2024, 6, 29, 23, 10, tzinfo=SEOUL), datetime(2024, 7, 1, 2, 10, tzinfo=SEOUL)
SENSORS = ["A-1", "A-1b", "A-2", "B-1"]
READINGS = "SELECT * FROM realtime.readings ORDER BY capture_time"


@pytest.fixture(scope="module", autouse=True)
async def written(connection, write, ask):
    """Readings of two days with holes, to the millisecond, of which some are suspect."""
    randomly = random.Random(11)
    rows = [
        (sensor, START + timedelta(milliseconds=randomly.randrange(28 * 3_600_000)),
         randomly.randint(-500, 4000) / 100, randomly.choice([0.0, 50.0, 61.3]))
        for sensor in SENSORS for _ in range(300)
    ]  # fmt: skip
    assert (await write(*rows)).rejected == 0
    await all_is_well(connection, ask)


def query(step, start=START, end=END, **fields):
    return pb2.QueryTimeSeriesRequest(start_time=start, end_time=end, step=step, **fields)


def truncated(moment, step):
    local = moment.astimezone(SEOUL).replace(second=0, microsecond=0)
    if step.endswith("min"):
        return local.replace(minute=local.minute - local.minute % int(step[:-3]))
    return local.replace(minute=0, **{"1d": {"hour": 0}, "1mo": {"hour": 0, "day": 1}}.get(step, {}))


def following(moment, step):
    if step == "1mo":
        return moment.replace(year=moment.year + moment.month // 12, month=moment.month % 12 + 1)
    lengths = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
    return moment + (lengths.get(step) or timedelta(minutes=int(step[:-3])))


async def expected(connection, step, key, start=START, end=END):
    """Each series' points, from the readings."""
    starts = [truncated(start, step)]
    while (later := following(starts[-1], step)) < end:
        starts.append(later)
    found: dict[Any, Any] = defaultdict(lambda: defaultdict(list))
    for reading in await connection.fetch(READINGS):
        if starts[0] <= reading["capture_time"] < following(starts[-1], step) and key(reading) is not None:
            found[key(reading)][truncated(reading["capture_time"], step)].append(reading)
    return {name: [point(moment, found[name][moment]) for moment in starts] for name in sorted(found)}


def point(moment, readings):
    if not readings:
        return (moment, True)
    suspect = sum(reading["quality"] != 1 for reading in readings)
    times = readings[0]["capture_time"], readings[-1]["capture_time"]
    return (moment, False, len(readings), suspect, metrics_of(readings), *times)


def told(series):
    return {(one.loc_id, one.sensor_id): list(map(told_point, one.points)) for one in series}


def told_point(p):
    moment = p.start_time.ToDatetime(UTC)
    if p.gap:
        assert {field.name for field, _ in p.ListFields()} == {"start_time", "gap"}
        return (moment, True)
    times = p.first_time.ToDatetime(UTC), p.last_time.ToDatetime(UTC)
    return (moment, False, p.readings, p.suspect, MessageToDict(p.metrics, preserving_proto_field_name=True), *times)


KEYS = {
    "location": lambda r: (r["loc_id"], ""),
    "sensor": lambda r: (r["loc_id"], r["sensor_id"]),
    "all": lambda r: ("", ""),
}


@pytest.mark.parametrize("group", KEYS)
@pytest.mark.parametrize("step", ["5min", "30min", "1h", "1d", "1mo"])
async def test_each_series_has_a_point_for_each_step(connection, stub, step, group):
    answer = await stub.QueryTimeSeries(query(step, group_by=group))
    found, wanted = told(answer.series), await expected(connection, step, KEYS[group])
    assert list(found) == list(wanted)
    assert found == wanted
    assert not answer.degraded


@pytest.mark.parametrize("step", ["20min", "1h"])
@pytest.mark.parametrize(
    ("where", "keeps"),
    [
        ({"factory": "F1"}, {"A-1", "A-1b", "A-2"}),
        ({"factory": "F1", "floor": 2}, {"A-2"}),
        ({"loc_id": "A-1"}, {"A-1", "A-1b"}),
        ({"sensor_id": "A-1b"}, {"A-1b"}),
        ({"sensor_id": "A-1b", "loc_id": "B-1"}, set()),
    ],
)
async def test_filters_are_kept_to(connection, stub, step, where, keeps):
    answer = await stub.QueryTimeSeries(query(step, **where))
    wanted = await expected(connection, step, lambda r: KEYS["location"](r) if r["sensor_id"] in keeps else None)
    assert told(answer.series) == wanted
    assert bool(wanted) == bool(keeps)


@pytest.mark.parametrize("step", ["2min", "1h", "1d"])
async def test_the_parts_of_a_stream_add_up_to_the_same(monkeypatch, stub, step):
    start = END - timedelta(hours=12)
    whole = told((await stub.QueryTimeSeries(query(step, start))).series)
    monkeypatch.setattr(timeseries, "PART_POINTS", 40)
    parts = [part async for part in stub.StreamTimeSeries(pb2.StreamTimeSeriesRequest(query=query(step, start)))]
    joined: dict[Any, Any] = defaultdict(list)
    for part in parts:
        joined[part.loc_id, part.sensor_id] += map(told_point, part.points)
        assert len(part.points) <= 14
    assert joined == whole
    assert len(parts) > len(joined) or len(joined["A-1", ""]) <= 10


async def test_a_stream_has_no_limit_where_an_answer_has_one(stub):
    asked = query("1min", datetime(2024, 6, 15, tzinfo=UTC), datetime(2024, 7, 2, tzinfo=UTC), loc_id="A-1")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.QueryTimeSeries(asked)
    assert "StreamTimeSeries" in str(caught.value.details())
    assert await refused(stub.QueryTimeSeries(asked)) == (grpc.StatusCode.INVALID_ARGUMENT, ["step"])
    points = 0
    async for part in stub.StreamTimeSeries(pb2.StreamTimeSeriesRequest(query=asked)):
        points += len(part.points)
    assert points == 17 * 1440


async def test_without_an_end_it_ends_now_and_the_usual_step_is_an_hour(stub):
    assert not (await stub.QueryTimeSeries(query("", datetime.now(UTC) - timedelta(hours=3), None))).series
    (series,) = (
        await stub.QueryTimeSeries(
            pb2.QueryTimeSeriesRequest(start_time=START, end_time=END, loc_id="B-1", metrics=["humidity"])
        )
    ).series
    assert len(series.points) == 28
    assert {field.name for p in series.points for field, _ in p.metrics.ListFields()} == {
        "humidity_max", "humidity_avg", "humidity_min"
    }  # fmt: skip


async def test_what_is_wrong_is_named_at_once(stub):
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    bad = pb2.QueryTimeSeriesRequest(step="7min", group_by="plant", metrics=["noise"])
    assert await refused(stub.QueryTimeSeries(bad)) == (invalid, ["start_time", "step", "group_by", "metrics"])
    assert await refused(stub.QueryTimeSeries(query("1h", END, START))) == (invalid, ["end_time"])
    far = datetime(1999, 12, 31, tzinfo=UTC), datetime(2101, 1, 2, tzinfo=UTC)
    assert await refused(stub.QueryTimeSeries(query("1mo", *far))) == (invalid, ["start_time", "end_time"])
    missing = grpc.StatusCode.NOT_FOUND
    assert await reason(stub.QueryTimeSeries(query("1h", loc_id="a/b"))) == (missing, "PLACE_NOT_FOUND")
    assert await reason(stub.QueryTimeSeries(query("1h", factory="X"))) == (missing, "PLACE_NOT_FOUND")
    for name in ("nobody", "a/b", ""):
        assert await reason(stub.QueryTimeSeries(query("1h", sensor_id=name))) == (missing, "SENSOR_NOT_FOUND")


async def test_short_steps_of_what_retention_has_dropped_are_refused_with_what_to_take(connection, stub):
    await connection.execute("UPDATE realtime.layout SET frozen_before = $1", END)
    asked = query("10min")
    assert await reason(stub.QueryTimeSeries(asked)) == (grpc.StatusCode.FAILED_PRECONDITION, "FROZEN")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.QueryTimeSeries(asked)
    assert "1h" in str(caught.value.details())
    assert (await stub.QueryTimeSeries(query("1h"))).series
