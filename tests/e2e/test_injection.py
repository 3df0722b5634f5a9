"""Words that mean something to a database, a log or a template mean nothing here: they are kept as given."""

import csv
import io
from urllib.parse import quote

import pytest

from tests.support.rest import row

WORDS = [
    "'; DROP TABLE location.sensors; --", '" OR "1"="1', "1' OR '1'='1", "x'); SELECT pg_sleep(9); --", "%' OR 1=1 --",
    "\\'; SELECT 1; --", "$1", ":factory", "%(factory)s", "{0.__class__.__mro__}", "{place}", "_%",
    "${jndi:ldap://127.0.0.1:9/x}",
    "{{7*7}}", "#{7*7}", "<%= 7*7 %>", "$(id)", "`id`", "%s%s%n", '","level":"ERROR","message":"', "\\u0000", "=1+1",
    "@SUM(A1)", "<script>alert(1)</script>", "<!channel>", "[a](https://evil.example)", "../../etc/passwd",
    "공장 '제1'",
]  # fmt: skip
PLACES = [f"I-{number}" for number in range(len(WORDS))]


@pytest.fixture(scope="module")
async def places(rest):
    """A place, a sensor and a reading of each word."""
    for loc_id, word in zip(PLACES, WORDS, strict=True):
        place = {"loc_id": loc_id, "plant": word, "factory": word, "building": word, "floor": 1, "area": word}
        made = await rest("POST", "location", "/api/v1/locations/", json=place)
        assert (made.status_code, made.json()["factory"]) == (201, word), made.text
        sensor = {"sensor_id": f"S-{loc_id}", "loc_id": loc_id, "name": word}
        assert (await rest("POST", "location", "/api/v1/sensors/", json=sensor)).status_code == 201
    written = await rest.write(*(row(f"S-{loc_id}", temperature=20.0) for loc_id in PLACES))
    assert written.json()["accepted"] == len(PLACES), written.text


WORD = pytest.mark.parametrize(("loc_id", "word"), list(zip(PLACES, WORDS, strict=True)), ids=PLACES)


@WORD
async def test_a_filter_finds_what_is_called_so_and_nothing_else(rest, places, loc_id, word):
    for name in ("plant", "factory", "building"):
        found = await rest("GET", "location", "/api/v1/locations/", params={name: word})
        assert [place["loc_id"] for place in found.json()] == [loc_id]
    now = await rest("GET", "realtime", f"/api/v1/realtime/factory/{quote(word, safe='')}")
    if now.status_code == 200:  # a slash in a path's part divides it, however it is written
        assert [m["location"]["loc_id"] for m in now.json()["measurements"]] == [loc_id]
    now = await rest("GET", "realtime", "/api/v1/realtime/location", params={"factory": word})
    assert [m["location"]["loc_id"] for m in now.json()["measurements"]] == [loc_id]


@WORD
async def test_a_word_where_an_id_is_expected_is_refused_or_not_there(rest, places, loc_id, word):
    for service, path in (
        ("location", "locations/{}"), ("location", "sensors/{}"), ("thresholds", "thresholds/type/{}"),
        ("thresholds", "mappings/sensor/{}"), ("realtime", "realtime/loc_id/{}"), ("aggregation", "backfills/{}"),
        ("aggregation", "aggregation/pcv_temperature/factory/{}?start_date=2026"), ("alert", "alerts/{}"),
        ("alert_history", "alert-history/{}"),
    ):  # fmt: skip
        answer = await rest("GET", service, f"/api/v1/{path.format(quote(word, safe=''))}")
        assert answer.status_code in {200, 400, 404}, (path, answer.text)
    for service, path in (
        ("location", "sensors?loc_id={}"), ("alert", "alerts?factory={}"), ("alert", "alerts?sensor_id={}"),
        ("alert_history", "alert-history?factory={}"), ("alert_history", "alert-history?page_token={}"),
        ("aggregation", "aggregation/pcv_temperature?start_date={}"), ("realtime", "realtime/readings?sensor_id={}"),
    ):  # fmt: skip
        answer = await rest("GET", service, f"/api/v1/{path.format(quote(word, safe=''))}")
        assert answer.status_code in {200, 400, 404}, (path, answer.text)
        if answer.status_code == 200:
            assert all(item["factory"] == word for item in answer.json()), path


@WORD
async def test_what_people_write_comes_back_as_they_wrote_it(rest, places, loc_id, word):
    given = {"loc_id": loc_id, "alert_level": "red", "message": word, "actor": word}
    made = await rest("POST", "alert", "/api/v1/alerts/", json=given)
    assert made.status_code == 201, made.text
    alert = made.json()
    assert (alert["message"], alert["factory"]) == (word, word)
    path = f"/api/v1/alerts/{alert['alert_id']}"
    noted = await rest("POST", "alert", f"{path}:comment", json={"actor": word, "note": word})
    assert noted.status_code == 200, noted.text
    assert (await rest("POST", "alert", f"{path}:resolve", json={"actor": "Kim", "note": "over"})).status_code == 200


async def test_nothing_was_run(rest, places):
    counts = [
        ("location", "locations", len(PLACES)),
        ("location", "sensors", len(PLACES)),
        ("thresholds", "thresholds", 1),
    ]
    for service, path, least in counts:
        assert len((await rest("GET", service, f"/api/v1/{path}?limit=1000")).json()) >= least


async def test_no_cell_of_an_export_is_a_formula(rest, places):
    answer = await rest("GET", "aggregation", "/api/v1/aggregation/pcv_temperature/export?start_date=2026")
    cells = [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]
