"""Every error, whoever makes it, is a google.rpc.Status with the right HTTP status."""

from typing import Any

import httpx
import pytest

from tests.mesh.conftest import Mesh

THRESHOLDS = "/api/v1/thresholds"
CALL = "/montrg.thresholds.v1.ThresholdService/GetThreshold"


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


async def test_what_cannot_be_parsed_does_not_reach_the_service(mesh: Mesh, thresholds: httpx.AsyncClient) -> None:
    before = len(mesh.thresholds_backend.thresholds.calls)
    await thresholds.post(THRESHOLDS, json={"level": "red", "min_value": "hot"})
    assert len(mesh.thresholds_backend.thresholds.calls) == before


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
    async with httpx.AsyncClient(base_url=f"http://{mesh.addresses['realtime']}") as realtime:
        answer = await realtime.get("/api/v1/realtime")
        health, docs = await realtime.get("/health"), await realtime.get("/docs")
    assert (answer.status_code, status(answer)["code"]) == (503, 14)
    assert "the realtime service is away" in answer.json()["message"]
    assert (health.status_code, status(health)["code"], docs.status_code) == (503, 14, 200)
    assert (await thresholds.get(THRESHOLDS)).status_code == 200


async def test_who_asks_for_another_protocol_is_told_that_there_is_none(thresholds: httpx.AsyncClient) -> None:
    wanted = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    answer = await thresholds.get(f"{THRESHOLDS}/1", headers=wanted)
    assert answer.status_code == 400
    assert status(answer)["message"] == "nothing but HTTP is spoken here; leave out `upgrade`"


# Envoy's filter of gRPC-Web makes a code of its own of an HTTP status.
@pytest.mark.parametrize(("kind", "code"), [("application/grpc", "12"), ("application/grpc-web+proto", "2")])
@pytest.mark.parametrize("path", [CALL, f"{THRESHOLDS}/1", "/docs"])
async def test_grpc_is_called_by_post_alone(
    mesh: Mesh, thresholds: httpx.AsyncClient, path: str, kind: str, code: str
) -> None:
    before = len(mesh.thresholds_backend.metadata)
    answer = await thresholds.get(path, headers={"content-type": kind})
    assert (answer.headers["grpc-status"], answer.headers["grpc-message"]) == (code, "gRPC is called by POST alone")
    assert len(mesh.thresholds_backend.metadata) == before


@pytest.mark.parametrize("te", [{}, {"te": "gzip"}])
async def test_a_caller_of_grpc_need_not_know_of_te(thresholds: httpx.AsyncClient, te: dict[str, str]) -> None:
    headers = {"content-type": "application/grpc", **te}
    answer = await thresholds.post(CALL, content=b"\0\0\0\0\2\x08\x03", headers=headers)
    assert (answer.status_code, answer.content[:1], answer.headers.get("grpc-status")) == (200, b"\0", None)
