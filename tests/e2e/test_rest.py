"""The documented REST API, as a client outside sees it: real services, a real database, a real Envoy."""

import math
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services import catalog
from services.mesh.options import RenderOptions
from tests.support.envoy import running_envoy
from tests.support.mesh import running_mesh
from tests.support.oracle import ORACLE, legal_level
from tests.support.ports import free_ports


class Rest:
    """One HTTP client, and the address of each service."""

    def __init__(self, client, ports):
        self._client = client
        self._ports = ports

    async def __call__(self, method, service, path, **options):
        url = f"http://127.0.0.1:{self._ports[service]}{path}"
        return await self._client.request(method, url, **options)


@pytest.fixture(scope="module")
async def rest(admin_url, tmp_path_factory):
    names = [service.name for service in catalog.SERVICES]
    admin_port, *ports = free_ports(len(names) + 1)
    rest_ports = dict(zip(names, ports, strict=True))
    async with running_mesh(admin_url) as mesh:
        upstream = {name: (mesh.ports[name],) for name in names}
        options = RenderOptions(admin_port=admin_port, rest_ports=rest_ports, upstream_ports=upstream)
        with running_envoy(options, tmp_path_factory.mktemp("envoy")):
            async with httpx.AsyncClient(timeout=20) as client:
                rest = Rest(client, rest_ports)
                for name in names:
                    await healthy(rest, name)
                place = {"loc_id": "A-1", "factory": "제1 공장", "building": "B1", "floor": 2, "area": "도장"}
                assert (await rest("POST", "location", "/api/v1/locations/", json=place)).status_code == 201
                yield rest


async def healthy(rest, name):
    import asyncio

    for _ in range(100):
        if (await rest("GET", name, "/ready")).status_code == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name} did not become ready")


async def register(rest, sensor_id):
    answer = await rest("POST", "location", "/api/v1/sensors/", json={"sensor_id": sensor_id, "loc_id": "A-1"})
    assert answer.status_code == 201, answer.text
    return answer


def row(sensor_id, moment=None, temperature=33.0, humidity=60.0, **more):
    moment = moment or datetime.now(UTC)
    fields = {"sensor_id": sensor_id, "temperature": temperature, "humidity": humidity}
    return fields | {"capture_time": moment.isoformat()} | more


async def write(rest, *rows):
    return await rest("POST", "realtime", "/api/v1/realtime/readings", json={"readings": list(rows)})


def error_of(answer, status, code):
    """The fields that an error blames, after checking that it has the one shape of errors."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert body["code"] == code, body
    assert body["message"]
    assert "Traceback" not in answer.text
    details = body.get("details", [])
    return [v["field"] for detail in details for v in detail.get("field_violations", detail.get("fieldViolations", []))]


async def test_the_oracle_values_written_through_rest_come_out_with_their_levels(rest):
    for index in range(len(ORACLE)):
        await register(rest, f"oracle-{index}")
    written = await write(rest, *(row(f"oracle-{i}", temperature=t, humidity=h) for i, (t, h, _) in enumerate(ORACLE)))
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
    assert error_of(await rest("GET", "thresholds", path), 404, 5) == []


async def test_lists_are_bare_arrays_paged_by_a_header(rest):
    first = await rest("GET", "thresholds", "/api/v1/thresholds?limit=2")
    token = first.headers["x-next-page-token"]
    second = await rest("GET", "thresholds", "/api/v1/thresholds/", params={"limit": 2, "page_token": token})
    ids = [t["threshold_id"] for t in first.json() + second.json()]
    assert ids == sorted(set(ids))
    assert len(ids) == 4
    assert (await rest("GET", "thresholds", "/api/v1/mappings/")).json() == []


async def test_where_sensors_are_is_answered_for_many_at_once(rest):
    await register(rest, "where-1")
    await register(rest, "where-2")
    answer = await rest("GET", "location", "/api/v1/locations/batch/where-1,where-2,nobody")
    assert [entry["sensor_id"] for entry in answer.json()] == ["where-1", "where-2"]
    assert (await rest("GET", "location", "/api/v1/location/where-1")).json()["loc_id"] == "A-1"
    assert [p["loc_id"] for p in (await rest("GET", "location", "/api/v1/locations/loc/batch/A-1,B-2")).json()] == [
        "A-1"
    ]


async def test_korean_names_are_found_percent_encoded(rest):
    await register(rest, "korean")
    await write(rest, row("korean"))
    for path in (
        "/api/v1/realtime/factory/%EC%A0%9C1%20%EA%B3%B5%EC%9E%A5",
        "/api/v1/realtime/location?factory=%EC%A0%9C1+%EA%B3%B5%EC%9E%A5&floor=2",
    ):
        answer = await rest("GET", "realtime", path)
        assert "korean" in [m["sensor_id"] for m in answer.json()["measurements"]]
    assert error_of(await rest("GET", "realtime", "/api/v1/realtime/factory/%EC%97%86%EC%9D%8C"), 404, 5) == []


async def test_a_series_is_a_bare_array(rest):
    await register(rest, "series")
    start = datetime(2013, 7, 15, tzinfo=UTC)
    await write(rest, *(row("series", start + timedelta(hours=h)) for h in range(3)))
    answer = await rest("GET", "realtime", "/api/v1/realtime/readings?sensor_id=series&limit=2")
    assert [r["capture_time"] for r in answer.json()] == ["2013-07-15T00:00:00Z", "2013-07-15T01:00:00Z"]
    assert answer.headers["x-next-page-token"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"temperature": "NaN"}, "temperature"), ({"temperature": "Infinity"}, "temperature"),
        ({"humidity": 130}, "humidity"), ({"temperature": 86}, "temperature"), ({"sensor_id": "nobody"}, "sensor_id"),
        ({"capture_time": "2100-01-01T00:00:00Z"}, "capture_time"),
        ({"capture_time": "1999-12-31T23:59:59Z"}, "capture_time"),
        ({"temperature": None}, "temperature"), ({"sensor_id": "가"}, "sensor_id"),
    ],
)  # fmt: skip
async def test_a_bad_value_is_its_rows_outcome_and_the_others_are_stored(rest, change, field):
    sensor = f"bad-{abs(hash(str(change))) % 10**8}"
    await register(rest, sensor)
    answer = (await write(rest, row(sensor) | change, row(sensor, datetime(2020, 1, 1, tzinfo=UTC)))).json()
    assert (answer["accepted"] + answer["late"], answer["rejected"]) == (1, 1)
    outcome = answer["outcomes"][0]
    assert (outcome["index"], outcome["outcome"], outcome["field"]) == (0, "REJECTED", field)
    assert outcome["reason"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\x00\xff\xfe", b"[]", b'"text"', b'{"readings": []}', b'{"readings": [{"temperature": "warm"}]}',
        b'{"readings": [{"sensor_id": "s", "capture_time": "2026-07-15T12:00:00", "temperature": 1, "humidity": 1}]}',
        b'{"readings": [{"sensor_id": "s", "capture_time": "yesterday", "temperature": 1, "humidity": 1}]}',
    ],
)  # fmt: skip
async def test_a_body_that_cannot_be_read_is_refused_whole(rest, body):
    headers = {"content-type": "application/json"}
    answer = await rest("POST", "realtime", "/api/v1/realtime/readings", content=body, headers=headers)
    error_of(answer, 400, 3)


@pytest.mark.parametrize(
    ("method", "service", "path", "body", "status", "code"),
    [
        ("GET", "thresholds", "/api/v1/nothing", None, 404, 5),
        ("PATCH", "thresholds", "/api/v1/thresholds/1", {}, 404, 5),
        ("GET", "thresholds", "/api/v1/thresholds/?colour=red", None, 400, 3),
        ("GET", "thresholds", "/api/v1/thresholds/abc", None, 400, 3),
        ("GET", "thresholds", "/api/v1/thresholds/999999", None, 404, 5),
        ("GET", "thresholds", "/api/v1/thresholds/type/noise", None, 400, 3),
        ("GET", "thresholds", "/api/v1/thresholds/?page_token=forged", None, 400, 3),
        ("GET", "thresholds", "/api/v1/thresholds/?limit=-1", None, 400, 3),
        ("POST", "thresholds", "/api/v1/thresholds/", {"threshold_type": "humidity", "level": "x"}, 400, 3),
        ("PUT", "thresholds", "/api/v1/thresholds/1", {}, 400, 3),
        ("PUT", "thresholds", "/api/v1/thresholds/1", {"min_valeu": 3}, 400, 3),
        ("PUT", "thresholds", "/api/v1/thresholds/2", {"min_value": 40, "max_value": 30}, 400, 3),
        ("GET", "realtime", "/api/v1/realtime/floor/one", None, 400, 3),
        ("POST", "location", "/api/v1/locations/", {"loc_id": "batch"}, 400, 3),
        ("POST", "location", "/api/v1/sensors/", {"sensor_id": "x", "loc_id": "nowhere"}, 400, 3),
        ("GET", "location", "/api/v1/locations/nobody", None, 404, 5),
    ],
)  # fmt: skip
async def test_a_bad_request_has_the_right_status_and_the_one_shape_of_errors(
    rest, method, service, path, body, status, code
):
    error_of(await rest(method, service, path, json=body), status, code)


@pytest.mark.parametrize("service", [service.name for service in catalog.SERVICES])
async def test_each_port_documents_itself(rest, service):
    page = await rest("GET", service, "/docs", follow_redirects=True)
    assert (page.status_code, "swagger" in page.text.lower()) == (200, True)
    document = (await rest("GET", service, "/openapi.json")).json()
    assert document["paths"]
    assert (await rest("GET", service, "/health")).status_code == 200


async def test_fahrenheit_sent_as_celsius_is_caught_and_named(rest):
    await register(rest, "fahrenheit")
    assert math.isclose((86 - 32) / 1.8, 30)
    answer = (await write(rest, row("fahrenheit", temperature=86.0, temperature_unit="fahrenheit"))).json()
    assert answer["accepted"] == 1
