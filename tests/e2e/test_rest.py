"""The documented REST API, as a client outside sees it: real services, a real database, a real Envoy."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from services import catalog
from tests.support.oracle import ORACLE, legal_level
from tests.support.rest import row


async def test_the_oracle_values_written_through_rest_come_out_with_their_levels(rest):
    for index in range(len(ORACLE)):
        await rest.register(f"oracle-{index}")
    written = await rest.write(*(row(f"oracle-{i}", temperature=t, humidity=h) for i, (t, h, _) in enumerate(ORACLE)))
    assert (written.status_code, written.json()["accepted"]) == (200, len(ORACLE))
    answer = (await rest("GET", "realtime", "/api/v1/realtime/")).json()
    assert (len(answer["ymd"]), len(answer["hh"]), answer["degraded"]) == (8, 2, [])
    measured = {m["sensor_id"]: m for m in answer["measurements"]}
    for index, (_, _, expected) in enumerate(ORACLE):
        metric = measured[f"oracle-{index}"]["metrics"]["pcv_temperature"]
        assert (metric["value"], metric["level"]) == (expected, legal_level(expected))
        assert measured[f"oracle-{index}"]["location"]["factory"] == "제1 공장"


async def test_a_threshold_lives_through_rest(rest):
    body = {"threshold_type": "humidity", "level": "red", "min_value": 97.25}
    created = await rest("POST", "thresholds", "/api/v1/thresholds/", json=body)
    assert created.status_code == 201
    path = created.headers["location"]
    assert path == f"/api/v1/thresholds/{created.json()['threshold_id']}"
    assert (await rest("GET", "thresholds", path)).json()["min_value"] == 97.25
    changed = await rest("PUT", "thresholds", path, json={"max_value": 99})
    assert (changed.json()["min_value"], changed.json()["max_value"]) == (97.25, 99)
    cleared = await rest("PUT", "thresholds", path + "?update_mask.paths=max_value", json={})
    assert "max_value" not in cleared.json()
    listed = (await rest("GET", "thresholds", "/api/v1/thresholds/type/humidity")).json()
    assert [t["level"] for t in listed] == ["red"]
    deleted = await rest("DELETE", "thresholds", path)
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    assert (await rest("GET", "thresholds", path)).status_code == 404


async def test_a_device_key_lives_through_rest_and_shows_each_secret_once(rest):
    await rest.register("keyed")
    body = {"sensor_ids": ["keyed"], "name": "게이트웨이"}
    created = await rest("POST", "location", "/api/v1/device-keys/", json=body)
    assert created.status_code == 201, created.text
    key = created.json()
    path = created.headers["location"]
    assert path == f"/api/v1/device-keys/{key['key_id']}"
    assert key["secret"].startswith(f"mk_{key['key_id']}_")
    assert "x-next-page-token" not in created.headers
    rotated = await rest("POST", "location", f"{path}:rotate", json={"overlap_minutes": 5})
    assert rotated.status_code == 200, rotated.text
    assert rotated.json()["secret"] != key["secret"]
    shown = (await rest("GET", "location", path)).json()
    assert shown == {name: value for name, value in rotated.json().items() if name != "secret"}
    listed = (await rest("GET", "location", "/api/v1/device-keys?sensor_id=keyed")).json()
    assert listed == [shown]
    deleted = await rest("DELETE", "location", path)
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    assert (await rest("GET", "location", path)).status_code == 404


async def test_lists_are_bare_arrays_paged_by_a_header(rest):
    first = await rest("GET", "thresholds", "/api/v1/thresholds?limit=2")
    token = first.headers["x-next-page-token"]
    second = await rest("GET", "thresholds", "/api/v1/thresholds/", params={"limit": 2, "page_token": token})
    ids = [t["threshold_id"] for t in first.json() + second.json()]
    assert ids == sorted(set(ids))
    assert len(ids) == 4
    assert (await rest("GET", "thresholds", "/api/v1/mappings/")).json() == []


async def test_where_sensors_are_is_answered_for_many_at_once(rest):
    await rest.register("where-1")
    await rest.register("where-2")
    answer = await rest("GET", "location", "/api/v1/locations/batch/where-1,where-2,nobody")
    assert [entry["sensor_id"] for entry in answer.json()] == ["where-1", "where-2"]
    assert (await rest("GET", "location", "/api/v1/location/where-1")).json()["loc_id"] == "A-1"
    assert [p["loc_id"] for p in (await rest("GET", "location", "/api/v1/locations/loc/batch/A-1,B-2")).json()] == [
        "A-1"
    ]


async def test_korean_names_are_found_percent_encoded(rest):
    await rest.register("korean")
    await rest.write(row("korean"))
    for path in (
        "/api/v1/realtime/factory/%EC%A0%9C1%20%EA%B3%B5%EC%9E%A5",
        "/api/v1/realtime/location?factory=%EC%A0%9C1+%EA%B3%B5%EC%9E%A5&floor=2",
    ):
        answer = await rest("GET", "realtime", path)
        assert "korean" in [m["sensor_id"] for m in answer.json()["measurements"]]


async def test_a_slash_and_a_plus_in_a_name_and_a_leap_second_are_taken(rest):
    place = {"loc_id": "odd", "factory": "1/2+3", "building": "B", "floor": 0, "area": "A"}
    await rest("POST", "location", "/api/v1/locations/", json=place)
    await rest("POST", "location", "/api/v1/sensors/", json={"sensor_id": "odd", "loc_id": "odd"})
    assert (await rest.write(row("odd") | {"capture_time": "2016-12-31T23:59:60Z"})).json()["accepted"] == 1
    for path in ("/api/v1/realtime/factory/1%2F2+3", "/api/v1/realtime/location?factory=1/2%2B3"):
        (measured,) = (await rest("GET", "realtime", path)).json()["measurements"]
        assert (measured["sensor_id"], measured["capture_time"]) == ("odd", "2017-01-01T00:00:00Z")


async def test_a_series_is_a_bare_array(rest):
    await rest.register("series")
    start = datetime(2013, 7, 15, tzinfo=UTC)
    await rest.write(*(row("series", start + timedelta(hours=h)) for h in range(3)))
    answer = await rest("GET", "realtime", "/api/v1/realtime/readings?sensor_id=series&limit=2")
    assert [r["capture_time"] for r in answer.json()] == ["2013-07-15T00:00:00Z", "2013-07-15T01:00:00Z"]
    assert answer.headers["x-next-page-token"]


@pytest.mark.parametrize("service", [service.name for service in catalog.SERVICES])
async def test_each_port_documents_itself(rest, service):
    page = await rest("GET", service, "/docs", follow_redirects=True)
    assert (page.status_code, "swagger" in page.text.lower()) == (200, True)
    document = (await rest("GET", service, "/openapi.json")).json()
    assert document["paths"]
    assert (await rest("GET", service, "/health")).status_code == 200


async def test_fahrenheit_sent_as_celsius_is_caught_and_named(rest):
    await rest.register("fahrenheit")
    assert math.isclose((86 - 32) / 1.8, 30)
    answer = (await rest.write(row("fahrenheit", temperature=86.0, temperature_unit="fahrenheit"))).json()
    assert answer["accepted"] == 1


async def test_the_examples_of_the_documentation_can_be_sent_as_they_stand(rest):
    for service, path in (
        ("location", "/api/v1/locations"), ("location", "/api/v1/sensors"), ("location", "/api/v1/device-keys"),
        ("thresholds", "/api/v1/thresholds"), ("thresholds", "/api/v1/mappings"), ("alert", "/api/v1/alerts"),
        ("realtime", "/api/v1/realtime/readings"),
    ):  # fmt: skip
        document = (await rest("GET", service, "/openapi.json")).json()
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        answer = await rest("POST", service, path, json=example(body, document["components"]["schemas"]))
        assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["accepted"] == 1


def example(schema, components):
    """What Swagger UI offers to send: every field with its example."""
    if "$ref" in schema:
        return example(components[schema["$ref"].rpartition("/")[2]], components)
    if schema["type"] == "object":
        return {name: example(field, components) for name, field in schema["properties"].items()}
    if schema["type"] == "array" and "examples" not in schema:
        return [example(schema["items"], components)]
    return schema["examples"][0]
