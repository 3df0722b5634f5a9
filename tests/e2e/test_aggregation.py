"""What was measured, as the documented API's clients ask for it: through a real Envoy."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.rest import row

PATH = "/api/v1/aggregation/pcv_temperature"
USUAL = {f"{name}_{kind}" for name in ("pcv_temperature", "temperature", "humidity") for kind in ("avg", "max")}
# The 22nd of September 2024 at the site, from midnight on.
START = datetime(2024, 9, 21, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
async def written(rest):
    """A reading each half hour of a day and a half, and what the rollups then say of it."""
    await rest.register("press")
    rows = [row("press", START + timedelta(minutes=30 * n), temperature=20.0 + n / 8) for n in range(72)]
    assert (await rest.write(*rows)).json()["accepted"] == 72
    for _ in range(200):
        answer = await get(rest, "/?start_date=2024")
        if answer["locations"] and answer["locations"][0]["date"][0]["readings"] == 72:
            return
    raise AssertionError(f"the readings did not come to be told: {answer}")


async def get(rest, path):
    answer = await rest("GET", "aggregation", PATH + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("query", ["?start_date=20240922&end_date=20240922", "?start_date=20240922"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_documented_request_is_answered_by_hour(rest, written, slash, query):
    (place,) = (await get(rest, slash + query))["locations"]
    assert place.keys() == {"factory", "building", "floor", "loc_id", "area", "date"}
    assert (place["loc_id"], place["factory"], place["floor"]) == ("A-1", "제1 공장", 2)
    assert [(r["ymd"], r["hour"]) for r in place["date"]] == [("20240922", f"{hour:02}") for hour in range(24)]
    ninth = place["date"][9]
    assert ninth.keys() == {"ymd", "hour", "metrics", "start_time", "readings", "suspect"}
    assert (ninth["start_time"], ninth["readings"], ninth["suspect"]) == ("2024-09-22T00:00:00Z", 2, 0)
    assert ninth["metrics"].keys() == USUAL
    assert (ninth["metrics"]["temperature_max"], ninth["metrics"]["temperature_avg"]) == (22.38, 22.32)
    assert all(isinstance(value, float | int) for value in ninth["metrics"].values())


async def test_hours_and_metrics_can_be_chosen(rest, written):
    (place,) = (await get(rest, "/?start_date=20240922&start_hour=09&end_hour=10&metrics=humidity_min"))["locations"]
    assert [r["hour"] for r in place["date"]] == ["09", "10"]
    assert place["date"][0]["metrics"] == {"humidity_min": 60}
    (place,) = (await get(rest, "/?start_date=20240922&start_hour=22&end_hour=06&metrics=humidity"))["locations"]
    assert [(r["ymd"][-2:], r["hour"]) for r in place["date"]] == [
        ("22", "22"), ("22", "23"), *(("23", f"{hour:02}") for hour in range(7))
    ]  # fmt: skip
    assert place["date"][0]["metrics"].keys() == {"humidity_max", "humidity_avg", "humidity_min"}


@pytest.mark.parametrize(
    ("date", "ymd"), [("202409", "20240922"), ("202407&end_date=202410", "202409"), ("2024", "202409")]
)
async def test_days_and_months_have_the_hour_00_and_no_start_time(rest, written, date, ymd):
    (place,) = (await get(rest, f"/?start_date={date}"))["locations"]
    assert (place["date"][0]["ymd"], place["date"][0]["hour"]) == (ymd, "00")
    assert "start_time" not in place["date"][0]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/location/A-1", {"factory", "building", "floor", "loc_id", "area"}),
        ("/factory/%EC%A0%9C1%20%EA%B3%B5%EC%9E%A5", {"factory"}),
        ("/building/%EC%A0%9C1%20%EA%B3%B5%EC%9E%A5/B1", {"factory", "building"}),
        ("/floor/%EC%A0%9C1%20%EA%B3%B5%EC%9E%A5/B1/2", {"factory", "building", "floor"}),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_place_a_factory_a_building_and_a_floor_have_the_fields_that_all_share(
    rest, written, path, fields, slash
):
    (place,) = (await get(rest, f"{path}{slash}?start_date=202409"))["locations"]
    assert place.keys() == fields | {"date"}
    assert [r["readings"] for r in place["date"]] == [48, 24]
    assert (await get(rest, f"{path}{slash}?start_date=2023"))["locations"] == []


async def test_an_unknown_place_is_404_and_a_bad_date_400(rest):
    assert (await rest("GET", "aggregation", f"{PATH}/location/nowhere?start_date=2024")).status_code == 404
    answer = await rest("GET", "aggregation", f"{PATH}/?start_date=2024-09-22")
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert "yyyyMMdd" in answer.json()["message"]


async def test_the_export_is_a_csv_file_that_spreadsheets_know_as_utf_8(rest, written):
    for slash in ("", "/"):
        answer = await rest(
            "GET", "aggregation", f"{PATH}/export{slash}?start_date=20240922&bom=true&metrics=humidity_max"
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="aggregation-20240922-20240922.csv"'
        first, second, *_ = lines = answer.content.decode("utf-8").split("\r\n")
        assert len(lines) == 26
        assert first.startswith("\ufeffplant,factory")
        assert second == (
            ",제1 공장,B1,2,도장,A-1,20240922,00,2024-09-22T00:00:00+09:00,2,0,"
            "2024-09-22T00:00:00+09:00,2024-09-22T00:30:00+09:00,60.0"
        )


async def test_a_bad_export_is_an_error_as_any_other(rest, written):
    for query, status in (("start_date=x", 400), ("start_date=2024&factory=X", 404), ("start_date=2024&noise=1", 400)):
        answer = await rest("GET", "aggregation", f"{PATH}/export?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert answer.json().keys() == {"code", "message", "details"}
        assert "content-disposition" not in answer.headers


async def test_a_time_series_has_a_point_for_each_step_and_marks_gaps(rest, written):
    for step, points, readings in (("1h", 36, 2), ("30min", 72, 1), ("15min", 144, 1)):
        query = f"start_time=2024-09-22T00:00:00%2B09:00&end_time=2024-09-23T12:00:00%2B09:00&step={step}&loc_id=A-1"
        answer = await rest("GET", "aggregation", f"/api/v1/aggregation/timeseries?{query}")
        assert answer.status_code == 200, answer.text
        (series,) = answer.json()["series"]
        assert (series["loc_id"], len(series["points"])) == ("A-1", points)
        first = series["points"][0]
        assert (first["start_time"], first["readings"], first["gap"]) == ("2024-09-21T15:00:00Z", readings, False)
        assert first["metrics"].keys() == USUAL | {name.replace("_max", "_min") for name in USUAL}
    gap = series["points"][1]
    assert gap == {"start_time": "2024-09-21T15:15:00Z", "readings": 0, "suspect": 0, "gap": True}


async def test_the_examples_of_the_documentation_are_answered(rest, written):
    document = (await rest("GET", "aggregation", "/openapi.json")).json()
    known = {"{location_id}": "A-1", "{factory}": "제1 공장", "{building}": "B1", "{floor}": "2"}
    paths = [path for path, verbs in document["paths"].items() if "/aggregation/" in path and "backfills" not in path]
    assert len(paths) == 7
    for path in paths:
        filled = path
        for variable, value in known.items():
            filled = filled.replace(variable, value)
        query = {
            p["name"]: p["example"]
            for p in document["paths"][path]["get"]["parameters"]
            if p["in"] == "query" and p["required"]
        }
        answer = await rest("GET", "aggregation", filled, params=query)
        assert (len(query), answer.status_code) == (1, 200), answer.text
