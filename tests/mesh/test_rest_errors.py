"""Every error, whoever makes it, is a google.rpc.Status with the right HTTP status."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.mesh.conftest import Mesh

THRESHOLDS = "/api/v1/thresholds"


def status(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert set(body) == {"code", "message", "details"}, body
    assert all("@type" in detail for detail in body["details"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    return dict(body)


async def test_the_details_of_an_error_are_json(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(f"{THRESHOLDS}/404")
    assert answer.status_code == 404
    assert status(answer) == {
        "code": 5,
        "message": "no 404",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "THRESHOLD_NOT_FOUND",
                "domain": "montrg",
                "metadata": {"id": "404"},
            },
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "field_violations": [{"field": "threshold_id", "description": "없음", "reason": ""}],
            },
        ],
    }


async def test_an_error_without_details_has_the_same_shape(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(f"{THRESHOLDS}/409")
    assert (answer.status_code, status(answer)) == (409, {"code": 6, "message": "twice", "details": []})


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/api/v1/nothing"),
        ("GET", "/api/v1/thresholds:check/"),
        ("GET", "/docs/../../etc/passwd"),
        ("GET", "/docs/nothing.js"),
        ("DELETE", THRESHOLDS),
        ("PATCH", f"{THRESHOLDS}/3"),
        ("POST", "/docs"),
        ("POST", "/montrg.thresholds.v1.ThresholdService/ListThresholds"),
    ],
)
async def test_an_unknown_path_or_verb_is_404_and_says_where_to_look(
    verb: str, path: str, thresholds: httpx.AsyncClient
) -> None:
    answer = await thresholds.request(verb, path)
    assert answer.status_code == 404
    error = status(answer)
    assert error["code"] == 5
    assert error["message"].startswith(f"nothing is served at {verb} ")
    assert "/docs lists" in error["message"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "word"),
    [
        ("GET", f"{THRESHOLDS}?colour=red", None, '"colour"'),
        ("GET", f"{THRESHOLDS}/abc", None, "threshold_id"),
        ("GET", f"{THRESHOLDS}/3000000000", None, "threshold_id"),
        ("POST", THRESHOLDS, b"\xff\xfe\x00", "UTF-8"),
        ("POST", THRESHOLDS, b'{"min_value": "hot"}', "threshold.min_value"),
        ("POST", THRESHOLDS, b'{"min_value": 1', "Unexpected end"),
        ("POST", THRESHOLDS, b'{"upd_dt": "2026-07-15T14:00:00"}', "threshold.upd_dt"),
        ("POST", THRESHOLDS, b"[]", "not repeating"),
    ],
)
async def test_what_cannot_be_parsed_is_400_and_named(
    verb: str, path: str, body: bytes | None, word: str, thresholds: httpx.AsyncClient
) -> None:
    answer = await thresholds.request(verb, path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    error = status(answer)
    assert error["code"] == 3
    assert word in error["message"]


async def test_what_cannot_be_parsed_does_not_reach_the_service(mesh: Mesh, thresholds: httpx.AsyncClient) -> None:
    before = len(mesh.thresholds_backend.thresholds.calls)
    await thresholds.post(THRESHOLDS, json={"level": "red", "min_value": "hot"})
    assert len(mesh.thresholds_backend.thresholds.calls) == before


async def test_an_empty_body_reaches_the_service_which_must_refuse_it(
    mesh: Mesh, thresholds: httpx.AsyncClient
) -> None:
    await thresholds.post(THRESHOLDS)
    name, request = mesh.thresholds_backend.thresholds.calls[-1]
    assert (name, request.threshold.ListFields()) == ("create", [])


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_20_mb_is_413(chunked: bool, mesh: Mesh) -> None:
    # By hand: Envoy answers at once and reads no further, and few clients listen while they send.
    host, _, port = mesh.thresholds.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    length = "transfer-encoding: chunked" if chunked else "content-length: 20000000"
    head = (f"POST {THRESHOLDS} HTTP/1.1", "host: x", "content-type: application/json", length, "", "")
    writer.write("\r\n".join(head).encode())
    block = b"1" * 10_000_000
    writer.write(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
    answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().lower()
    size = int(answer.partition("content-length: ")[2].split("\r\n")[0])
    error = json.loads(await reader.readexactly(size))
    writer.transport.abort()
    assert answer.startswith("http/1.1 413")
    assert (error["code"], error["message"]) == (8, "the body is larger than 8 MiB; send it in parts")


async def test_a_body_of_7_mb_is_taken(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.post(THRESHOLDS, json={"level": "x" * 7_000_000})
    assert answer.status_code == 201


async def test_a_process_that_hangs_is_504(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(f"{THRESHOLDS}/504")
    assert (answer.status_code, status(answer)["code"]) == (504, 4)


async def test_the_callers_request_id_is_kept(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get("/api/v1/nothing", headers={"x-request-id": "mine"})
    assert answer.headers["x-request-id"] == "mine"
    assert status(answer)["details"] == [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "mine"}]


async def test_a_service_that_is_away_is_503_while_others_are_served(mesh: Mesh, thresholds: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=f"http://{mesh.realtime}") as realtime:
        answer = await realtime.get("/api/v1/realtime")
        health, docs = await realtime.get("/health"), await realtime.get("/docs")
    assert (answer.status_code, status(answer)["code"]) == (503, 14)
    assert "the realtime service is away" in answer.json()["message"]
    assert (health.status_code, status(health)["code"], docs.status_code) == (503, 14, 200)
    assert (await thresholds.get(THRESHOLDS)).status_code == 200
