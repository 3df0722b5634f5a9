"""What else a port serves: gRPC, gRPC-Web, CORS, probes, documentation, and a log."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from tests.mesh.backend import THRESHOLDS
from tests.mesh.conftest import Mesh, until

LIST = "/api/v1/thresholds"


async def test_grpc_goes_through_unchanged(mesh: Mesh, thresholds: httpx.AsyncClient) -> None:
    # Unary calls and streams have a cluster each, and a health check that came while a long test ran has failed.
    await until(thresholds, "/ready", 200)
    async with grpc.aio.insecure_channel(mesh.addresses["thresholds"]) as channel:
        stub = pb2_grpc.ThresholdServiceStub(channel)
        answer = await stub.ListThresholds(pb2.ListThresholdsRequest(limit=1))
        revisions = [answer.change.revision async for answer in stub.WatchChanges(pb2.WatchChangesRequest())]
    assert (len(answer.thresholds), answer.next_page_token) == (1, "Zm9v-_1")
    assert revisions == [1, 2]


async def test_an_error_of_envoy_stays_grpc_for_a_grpc_caller(mesh: Mesh) -> None:
    async with grpc.aio.insecure_channel(mesh.addresses["realtime"]) as channel:
        call: Any = channel.unary_unary("/montrg.realtime.v1.RealtimeService/GetMeasurements")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert (caught.value.details() or "").startswith("the realtime service is away, try again")


async def test_reflection_and_channelz_go_through(mesh: Mesh) -> None:
    async with grpc.aio.insecure_channel(mesh.addresses["thresholds"]) as channel:
        ask = reflection_pb2.ServerReflectionRequest(list_services="")
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([ask]))
        names = [s.name async for answer in call for s in answer.list_services_response.service]
        servers = await channelz_pb2_grpc.ChannelzStub(channel).GetServers(channelz_pb2.GetServersRequest())
    assert THRESHOLDS in names
    assert servers.server


async def test_grpc_web_is_served(thresholds: httpx.AsyncClient) -> None:
    message = pb2.ListThresholdsRequest(limit=1).SerializeToString()
    answer = await thresholds.post(
        f"/{THRESHOLDS}/ListThresholds",
        content=b"\0" + len(message).to_bytes(4, "big") + message,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1"},
    )
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    size = int.from_bytes(answer.content[1:5], "big")
    assert pb2.ListThresholdsResponse.FromString(answer.content[5 : 5 + size]).next_page_token == "Zm9v-_1"
    assert b"grpc-status:0" in answer.content[5 + size :]


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8550", "https://localhost"])
async def test_a_page_of_this_machine_may_call_and_read_the_headers(origin: str, thresholds: httpx.AsyncClient) -> None:
    asked = {"origin": origin, "access-control-request-method": "PUT"}
    preflight = await thresholds.options(f"{LIST}/3", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == origin
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    answer = await thresholds.get(LIST, headers={"origin": origin})
    exposed = answer.headers["access-control-expose-headers"].split(",")
    assert {"x-next-page-token", "location", "x-request-id", "grpc-status", "grpc-message"} <= set(exposed)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost.evil.example", "null"])
async def test_a_page_from_elsewhere_may_not(origin: str, thresholds: httpx.AsyncClient) -> None:
    asked = {"origin": origin, "access-control-request-method": "PUT"}
    for answer in (await thresholds.options(LIST, headers=asked), await thresholds.get(LIST, headers=asked)):
        assert "access-control-allow-origin" not in answer.headers


async def test_the_documentation_is_served_without_a_network(thresholds: httpx.AsyncClient) -> None:
    assert (await thresholds.get("/")).headers["location"].endswith("/docs")
    for path in ("/docs", "/docs/"):
        page = await thresholds.get(path)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "//" not in page.text  # nothing from another host
        for asset in ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/start.js"):
            assert asset in page.text
            assert (await thresholds.get(asset)).status_code == 200


async def test_each_port_has_the_openapi_of_its_own_service(
    thresholds: httpx.AsyncClient, locations: httpx.AsyncClient
) -> None:
    assert LIST in (await thresholds.get("/openapi.json")).json()["paths"]
    assert "/api/v1/sensors" in (await locations.get("/openapi.json")).json()["paths"]


async def test_a_request_is_one_json_line_in_the_access_log_without_its_query_and_headers(
    mesh: Mesh, thresholds: httpx.AsyncClient
) -> None:
    headers = {"x-request-id": "look-for-me", "user-agent": "agent-of-kim", "authorization": "Bearer secret-of-kim"}
    await thresholds.get(f"{LIST}/404", headers=headers)
    await thresholds.get(f"{LIST}/404?name=kim", headers=headers)
    await thresholds.get("/nowhere?name=kim", headers=headers)
    for _ in range(120):  # Envoy writes its log every second, or when the buffer is full
        lines = [json.loads(line) for line in mesh.access_log.read_text().splitlines()]
        mine = [line for line in lines if line["request_id"] == "look-for-me"]
        if len(mine) == 3:
            break
        await asyncio.sleep(0.1)
    assert [(line["http_method"], line["path"], line["status"]) for line in mine] == [
        ("GET", f"{LIST}/404", 404),
        ("GET", f"{LIST}/404", 400),
        ("GET", "/nowhere", 404),
    ]
    assert mine[0]["rpc"] == "/montrg.thresholds.v1.ThresholdService/GetThreshold"
    shape = {"level": "INFO", "service": "thresholds", "logger": "access", "message": "request"}
    assert shape.items() <= mine[0].items()
    assert datetime.now(UTC) - datetime.fromisoformat(mine[0]["time"]) < timedelta(minutes=1)
    assert "kim" not in mesh.access_log.read_text()
    assert not {"client", "agent"} & mine[0].keys()


async def test_ready_follows_the_database_and_health_does_not(mesh: Mesh, thresholds: httpx.AsyncClient) -> None:
    assert (await until(thresholds, "/ready", 200)).json() == {"status": "ready"}
    await mesh.thresholds_backend.set_serving("ready", serving=False)
    answer = await until(thresholds, "/ready", 503)
    assert answer.json()["message"].startswith("no process of the thresholds service is ready: each lacks its database")
    assert (await thresholds.get("/health/")).json() == {"status": "healthy"}
    await mesh.thresholds_backend.set_serving("ready", serving=True)
    await until(thresholds, "/ready/?from=test", 200)


async def test_a_killed_service_is_503_and_comes_back(mesh: Mesh, locations: httpx.AsyncClient) -> None:
    await mesh.locations_backend.stop()
    answer = await locations.get("/api/v1/locations")
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    await until(locations, "/health", 503)
    assert (await locations.get("/api/v1/locations")).json()["message"].endswith("no healthy upstream")
    await mesh.locations_backend.start()
    await until(locations, "/health", 200)
    # Envoy's worker threads learn it a moment after its main thread, which answers /health.
    assert (await until(locations, "/api/v1/locations", 200)).json()
