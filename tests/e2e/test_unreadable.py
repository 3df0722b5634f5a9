"""Requests that no contract can carry: bytes that are no message, paths that are none, bodies that are too large."""

import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
from http.client import HTTPResponse

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from montrg.realtime.v1 import ingest_service_pb2 as pb2

from tests.e2e.conftest import all_answer
from tests.support.refusals import PYTHON, short
from tests.support.rest import row
from tests.support.ways import find, grpc_answer, json_answer

pytestmark = pytest.mark.usefixtures("known", "complaints")

READINGS = "/api/v1/realtime/readings"
WRITE = find("IngestService.WriteReadings")[1].path
INVALID, NOT_FOUND, UNIMPLEMENTED = "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED"
TOO_LARGE = "RESOURCE_EXHAUSTED"
BYTES_20_MB = b"1" * 20_000_000
JSON = {"content-type": "application/json"}


def reading(**change):
    return json.dumps({"readings": [row("known") | change]}).encode()


def at(time):
    return reading(capture_time=time)


BODIES = [
    (b"", "readings"), (b"{}", "readings"), (b'{"readings": [null]}', "readings"),
    (b"{", "Unexpected end"), (b"[]", "message"), (b"null", "message"), (b"5", "message"), (b'"text"', "message"),
    (b"\x00\xff\xfe", "UTF-8"), (b'{"readings": [{"sensor_id": "\xb0\xa1"}]}', "UTF-8"), (b"\xef\xbb\xbf{}", "value"),
    ("{}".encode("utf-16"), "UTF-8"), (b"{} {}", "end of input"), (b'{"readings": ' + b"[" * 100_000, "too deep"),
    (b'{"a": ' * 100_000, "too deep"), (reading(temperature="warm"), "readings[0].temperature"),
    (reading(temperature=True), "readings[0].temperature"), (reading(temperature=float("nan")), "NaN"),
    (reading(humidity={"value": 60}), "humidity"), (reading(sensor_id=5), "readings[0].sensor_id"),
    (b'{"readings": [{"humidity": 1e999}]}', "1e999"), (b'{"readings": [{"sensor_id": "\\ud800"}]}', "surrogate"),
    (b'{"readings": [{"humidity": 60, "humidity": 61}]}', "humidity"),
    (at("2026-07-15T12:00:00"), "timezone"), (at("yesterday"), "readings[0].capture_time"),
    (at(1594814400), "readings[0].capture_time"), (at("2020-07-15 12:00:00Z"), "readings[0].capture_time"),
    (at("2020-07-15T24:00:00Z"), "readings[0].capture_time"), (at("2026-02-30T00:00:00Z"), "readings[0].capture_time"),
    (at("10000-01-01T00:00:00Z"), "readings[0].capture_time"), (at("2026-07-15T12:00:00+25:00"), "timezone"),
]  # fmt: skip

REQUESTS: list[tuple[str, str, dict[str, str] | None, str, str]] = [
    ("GET", "/api/v1/nothing", None, NOT_FOUND, "GET /api/v1/nothing"),
    ("GET", "/api/v1/thresholds:check/", None, NOT_FOUND, "/docs"),
    ("GET", "/docs/../../etc/passwd", None, NOT_FOUND, "/docs"),
    ("GET", "/docs/%2e%2e%2f%2e%2e%2fetc/passwd", None, NOT_FOUND, "/docs"),
    ("GET", "/docs/nothing.js", None, NOT_FOUND, "/docs"),
    ("GET", "/api/v1/realtime/factory/a/b", None, NOT_FOUND, "/docs"),
    ("POST", "/docs", None, NOT_FOUND, "POST /docs"),
    ("DELETE", READINGS, None, NOT_FOUND, f"DELETE {READINGS}"),
    ("PATCH", READINGS, {}, NOT_FOUND, f"PATCH {READINGS}"),
    ("POST", WRITE, {}, NOT_FOUND, "/docs"),
    ("GET", "/api/v1/realtime?colour=red", None, INVALID, "colour"),
    ("GET", "/api/v1/realtime/floor/one", None, INVALID, "floor"),
    ("GET", "/api/v1/realtime/floor/2147483648", None, INVALID, "floor"),
    ("GET", "/api/v1/realtime/floor/1.5", None, INVALID, "floor"),
    ("GET", "/api/v1/realtime/factory/%00", None, INVALID, "%00"),
    ("GET", "/api/v1/realtime/factory/%FF%FE", None, INVALID, "UTF-8"),
    ("GET", "/api/v1/realtime/factory/%ED%A0%80", None, INVALID, "UTF-8"),
    ("GET", "/api/v1/realtime/location?factory=%B0%A1", None, INVALID, "UTF-8"),
    ("GET", f"{READINGS}?sensor_id=known&limit=many", None, INVALID, "limit"),
    ("GET", f"{READINGS}?sensor_id=known&start_time=2026-07-15T12:00:00+09:00", None, INVALID, "start_time"),
]

RAW = [
    (b"GARBAGE\r\n\r\n", 400), (b"\x16\x03\x01\x00\xa5" + b"\0" * 160, 400),
    ("GET /api/v1/realtime/factory/공장 HTTP/1.1\r\nhost: x\r\n\r\n".encode("euc-kr"), 400),
    (b"GET /api/v1/\0 HTTP/1.1\r\nhost: x\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"FROBNICATE / HTTP/1.1\r\nhost: x\r\n\r\n", 400), (b"GET /health HTTP/1.0\r\n\r\n", 426),
    (b"POST /api/v1/realtime/readings HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n", 400),
    (b"GET /api/v1/" + b"x" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"x" * 70_000 + b"\r\n\r\n", 431),
]  # fmt: skip

CALLS = [
    *((WRITE, payload, INVALID) for payload in (b"\xff\xff\xff", b"\x0a\x03abc", b"\x0a\x04\x0a\x02\xff\xfe")),
    (WRITE, b"\x0a\x80\x80\x80\x0a" + BYTES_20_MB, TOO_LARGE),
    ("/montrg.realtime.v1.IngestService/Nothing", b"", UNIMPLEMENTED),
    ("/montrg.nothing.v1.Nothing/Get", b"", UNIMPLEMENTED),
    (find("SensorService.GetSensor")[1].path, b"", UNIMPLEMENTED),
]


def check_refusal(answer, code):
    assert answer.code == code, answer
    assert answer.body["message"]
    assert not PYTHON.search(json.dumps(answer.body))


@pytest.mark.parametrize(("body", "word"), BODIES, ids=short)
async def test_a_body_that_is_no_message_is_refused_and_what_is_wrong_is_named(rest, body, word):
    answer = json_answer(await rest("POST", "realtime", READINGS, content=body, headers=JSON))
    check_refusal(answer, INVALID)
    assert word in answer.body["message"]
    assert "/docs" in answer.body["message"] or answer.violations


@pytest.mark.parametrize(("verb", "path", "body", "code", "word"), REQUESTS, ids=short)
async def test_a_path_or_query_that_is_not_served_is_refused_and_named(rest, verb, path, body, code, word):
    answer = json_answer(await rest(verb, "realtime", path, json=body))
    check_refusal(answer, code)
    assert word in answer.body["message"]


@pytest.mark.parametrize(("request_bytes", "status"), RAW, ids=short)
async def test_what_is_not_even_http_is_refused_in_json(rest, request_bytes, status):
    assert (await asyncio.to_thread(exchange, rest.ports["realtime"], request_bytes))[0] == status


HEADERS = [
    ("k%4st|'nrosrk8o$vhfw: 1", 200), ("x_y: 1", 200), ("x-a-bin: !!!", 200), ("grpc-trace-bin: %%%", 200),
    ("x-b: 공장", 200), ("te: x", 200), ("grpc-timeout: soon", 400), ("grpc-timeout: 123456789S", 400),
    ("grpc-timeout: 5S", 200), ("grpc-encoding: bogus", 400), ("grpc-encoding: identity", 200),
]  # fmt: skip


@pytest.mark.parametrize("path", ["/api/v1/realtime/location", f"{READINGS}?sensor_id=known"], ids=short)
@pytest.mark.parametrize(("header", "status"), HEADERS, ids=short)
async def test_a_header_that_grpc_cannot_read_is_left_out_or_named(rest, path, header, status):
    sent = f"GET {path} HTTP/1.1\r\nhost: x\r\n{header}\r\n\r\n".encode()
    answered, body = await asyncio.to_thread(exchange, rest.ports["realtime"], sent)
    assert answered == status, body
    assert status == 200 or header.partition(":")[0] in body["message"]


def exchange(port, request_bytes):
    """Sends everything before it reads anything, as simple clients do; returns the status and the JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        # Envoy reads no further than its answer needs; a second later it closes. The answer is there all the same.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request_bytes)
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_of_20_mb_is_413_to_one_who_sends_it_all_before_reading(rest, is_chunked):
    length = "transfer-encoding: chunked" if is_chunked else f"content-length: {len(BYTES_20_MB)}"
    head = f"POST {READINGS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{length}\r\n\r\n".encode()
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BYTES_20_MB), BYTES_20_MB)
    sent = head + (chunk if is_chunked else BYTES_20_MB)
    status, body = await asyncio.to_thread(exchange, rest.ports["realtime"], sent)
    assert (status, body["code"]) == (413, 8)
    assert body["message"] == "the body is larger than 8 MiB; send it in parts"


async def test_a_body_of_20_mb_is_413_to_clients_that_people_use(rest, tmp_path):
    url = f"http://127.0.0.1:{rest.ports['realtime']}{READINGS}"
    answer = await asyncio.to_thread(httpx.post, url, content=BYTES_20_MB, headers=JSON)
    assert json_answer(answer).code == TOO_LARGE
    curl = shutil.which("curl")
    if curl:
        (tmp_path / "body").write_bytes(BYTES_20_MB)
        command = [curl, "--silent", "--max-time", "20", "--data-binary", f"@{tmp_path}/body", url]
        said = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
        assert json.loads(said.stdout)["code"] == 8


@pytest.mark.parametrize(("path", "payload", "code"), CALLS, ids=short)
async def test_bytes_that_are_no_call_of_a_contract_are_refused(rest, path, payload, code):
    answer = await grpc_answer(rest, "realtime", path, payload)
    check_refusal(answer, code)
    assert list(answer.violations) == (["request"] if code == INVALID else [])


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("application/grpc-web+proto", b"\0\0\0\0\3\xff\xff\xff", 3),
        ("application/grpc-web+proto", b"\1\0\0\0\3abc", 13),  # says that it is compressed, and not how
        ("application/grpc-web-text", b"!!!", 13),
    ],
    ids=short,
)
async def test_raw_bytes_over_grpc_web_are_refused_as_grpc(rest, kind, body, code):
    answer = await rest("POST", "realtime", WRITE, content=body, headers={"content-type": kind})
    in_trailers = re.search(rb"grpc-status:(\d+)", answer.content)
    assert int(in_trailers[1] if in_trailers else answer.headers["grpc-status"]) == code
    assert not PYTHON.search(f"{answer.headers} {answer.content!r}")


async def test_times_that_only_bytes_can_say_are_their_rows_outcomes(rest):
    moments = [Timestamp(seconds=s, nanos=n) for s in (2**63 - 1, 253402300800, -(2**63)) for n in (0, -1, 2**31 - 1)]
    rows = [pb2.Reading(sensor_id="known", capture_time=moment, temperature=33, humidity=60) for moment in moments]
    payload = pb2.WriteReadingsRequest(readings=rows).SerializeToString()
    answer = await grpc_answer(rest, "realtime", WRITE, payload, pb2.WriteReadingsResponse)
    assert [outcome["field"] for outcome in answer.body["outcomes"]] == ["capture_time"] * len(moments)


async def test_after_all_this_the_same_processes_answer_and_nothing_was_unforeseen(rest, complaints):
    assert await all_answer(rest)
    assert not complaints
