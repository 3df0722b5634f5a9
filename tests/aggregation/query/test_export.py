"""The export: what the answers say, as a table of any length."""

import csv
import io
import random
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.aggregation.query import export
from services.location.app import APP as LOCATION
from tests.support.directory import make_place, register
from tests.support.measured import rows_of
from tests.support.refusals import reason, refused
from tests.support.rollups import all_is_well

START = datetime(2024, 12, 25, 15, tzinfo=UTC)
PLACE = ["plant", "factory", "building", "floor", "area", "loc_id"]
METRICS = [
    f"{name}_{kind}" for name in ("pcv_temperature", "temperature", "humidity") for kind in ("max", "avg", "min")
]


@pytest.fixture(scope="module", autouse=True)
async def written(mesh, connection, write, ask):
    """Nine days of readings at four places, of which one has a name that a spreadsheet would take for a formula."""
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "-9", factory='=SUM(1,2)"', area="도장, 라인", floor=-1)
        await register(channel, "odd", loc_id="-9")
    randomly = random.Random(5)
    rows = [
        (sensor, START + timedelta(seconds=randomly.randrange(9 * 86400)), randomly.randint(0, 4000) / 100, 50.5)
        for sensor in ("A-1", "A-1b", "A-2", "odd")
        for _ in range(200)
    ]
    assert (await write(*rows)).rejected == 0
    await all_is_well(connection, ask)


@pytest.fixture(scope="module")
async def take(stub):
    """The file of an export."""

    async def take(start_date, end_date=None, **fields):
        call = stub.ExportAggregation(pb2.ExportAggregationRequest(start_date=start_date, end_date=end_date, **fields))
        parts = [part async for part in call]
        assert {part.content_type for part in parts} == {"text/csv; charset=utf-8"}
        headers = dict(await call.initial_metadata())
        assert (
            headers["content-disposition"]
            == f'attachment; filename="aggregation-{start_date}-{end_date or start_date}.csv"'
        )
        assert "x-degraded" not in headers
        return b"".join(part.data for part in parts)

    return take


def read(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def line(place, row):
    """The cells of a row of the answers."""
    begin, ymd, hour, readings, suspect, metrics = row
    zone = timedelta(hours=9)
    start = f"{datetime.fromtimestamp(begin, UTC) + zone:%Y-%m-%dT%H:%M:%S}+09:00" if begin else ""
    values = {name: str(float(metrics[name])) if name in metrics else "" for name in METRICS}
    cells = {"ymd": ymd, "hour": hour, "start_time": start, "readings": f"{readings}", "suspect": f"{suspect}"}
    return dict(zip(PLACE, place, strict=True)) | cells | values


PLACES = {
    "-9": ["P", "'=SUM(1,2)\"", "B", "-1", "도장, 라인", "'-9"],
    "A-1": ["P", "F1", "B", "1", "A", "A-1"],
    "A-2": ["P", "F1", "B", "2", "A", "A-2"],
}


@pytest.mark.parametrize(
    ("period", "start", "end", "first", "last"),
    [
        ("hour", "20241226", "20250103", "20241226", "20250103"),
        ("day", "202412", None, "20241201", "20241231"),
        ("month", "2000", "2100", "20000101", "21001231"),
    ],
)
async def test_each_place_has_a_line_for_each_period(connection, take, period, start, end, first, last):
    expected = [
        line(place, row)
        for loc_id, place in PLACES.items()
        for row in await rows_of(connection, period, first, last, where=lambda r, loc_id=loc_id: r["loc_id"] == loc_id)
    ]
    found = read(await take(start, end))
    assert [{name: cells[name] for name in expected[0]} for cells in found] == expected
    assert all(cells["first_time"] <= cells["last_time"] and cells["last_time"].endswith("+09:00") for cells in found)


async def test_lines_end_as_rfc_4180_says_and_the_mark_comes_first_if_it_is_wanted(take):
    plain, marked = await take("2024"), await take("2024", bom=True)
    assert marked == b"\xef\xbb\xbf" + plain
    assert plain.count(b"\r\n") == plain.count(b"\n") == len(read(plain)) + 1
    assert plain.splitlines()[0].decode().split(",") == [
        *PLACE, "ymd", "hour", "start_time", "readings", "suspect", "first_time", "last_time", *METRICS
    ]  # fmt: skip


async def test_a_long_range_comes_in_parts_that_add_up(monkeypatch, take):
    for shift in ({}, {"start_hour": 22, "end_hour": 6}, {"start_hour": 9, "end_hour": 17}):
        whole = await take("20241226", "20250103", **shift)
        with monkeypatch.context() as patch:
            patch.setattr(export, "PART_ROWS", 48)
            assert await take("20241226", "20250103", **shift) == whole
        assert len(read(whole)) > 100


async def test_filters_and_metrics_are_kept_to(take):
    assert {cells["loc_id"] for cells in read(await take("2024", factory="F1"))} == {"A-1", "A-2"}
    assert {cells["loc_id"] for cells in read(await take("2024", factory="F1", floor=2))} == {"A-2"}
    (only,) = read(await take("202412", loc_id="A-1", metrics=["humidity_avg"]))[:1]
    assert list(only)[-1] == "humidity_avg"
    assert "temperature_max" not in only
    assert read(await take("2024", loc_id="B-1")) == read(await take("2000")) == []


async def test_a_bad_export_is_refused_before_it_begins(take):
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, (grpc.StatusCode.NOT_FOUND, "PLACE_NOT_FOUND")
    assert await refused(take("2024", "2023", metrics=["x"])) == (invalid, ["end_date", "metrics"])
    assert await reason(take("2024", loc_id="a/b")) == missing
    assert await reason(take("2024", factory="F1", floor=7)) == missing
