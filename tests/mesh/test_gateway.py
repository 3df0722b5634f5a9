"""The gateway: every service, the dashboard's files and the documentation on one port, through a real Envoy."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from montrg.location.v1 import location_service_pb2 as location_pb2
from montrg.location.v1 import location_service_pb2_grpc as location_grpc
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from services.catalog import SERVICES, Service
from services.mesh import pages
from services.mesh.options import ROOT, RenderOptions
from tests.mesh.backend import BIG, HOSTILE, THRESHOLDS
from tests.mesh.conftest import Mesh, until

ALIVE = ("thresholds", "location")
AWAY = [service for service in SERVICES if service.name not in ALIVE]
BOTH = {"accept-encoding": "gzip, deflate, br"}


@pytest_asyncio.fixture(scope="module")
async def gateway(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    # A caller who reads nothing but what is said plainly.
    plain = {"accept-encoding": "identity"}
    async with httpx.AsyncClient(base_url=f"http://{mesh.gateway}", timeout=15, headers=plain) as client:
        for path in ("/api/v1/thresholds/3", "/api/v1/locations"):
            await until(client, path, 200)
        yield client


async def test_rest_calls_find_their_service(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get("/api/v1/thresholds/3")).json()["threshold_id"] == 3
    assert [row["sensor_id"] for row in (await gateway.get("/api/v1/locations/batch/A")).json()] == [HOSTILE]
    created = await gateway.post("/api/v1/location", json={"loc_id": "A", "floor": -1})
    assert (created.status_code, created.headers["location"]) == (201, "/api/v1/locations/loc/A")


@pytest.mark.parametrize("service", AWAY, ids=lambda service: service.name)
async def test_who_calls_a_service_that_is_away_is_told_which_one(service: Service, gateway: httpx.AsyncClient) -> None:
    paths = json.loads((ROOT / "gen" / "openapi" / f"{service.name}.json").read_text())["paths"]
    reads = [path for path, item in paths.items() if "get" in item and "{" not in path and path.startswith("/api/")]
    assert reads
    for path in reads:
        parameters = paths[path]["get"].get("parameters", [])
        needed = {p["name"]: p.get("example", "x") for p in parameters if p["required"]}
        answer = await gateway.get(path, params=needed)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
        assert answer.json()["message"].startswith(f"the {service.name} service is away"), path


async def test_grpc_calls_and_streams_find_their_service(mesh: Mesh, gateway: httpx.AsyncClient) -> None:
    async with grpc.aio.insecure_channel(mesh.gateway) as channel:
        stub = pb2_grpc.ThresholdServiceStub(channel)
        answer = await stub.ListThresholds(pb2.ListThresholdsRequest(limit=1))
        revisions = [answer.change.revision async for answer in stub.WatchChanges(pb2.WatchChangesRequest())]
        located = location_grpc.LocationServiceStub(channel)
        found = await located.BatchGetSensorLocations(location_pb2.BatchGetSensorLocationsRequest(sensor_ids=["A"]))
    assert answer.next_page_token == "Zm9v-_1"
    assert revisions == [1, 2]
    assert [each.sensor_id for each in found.locations] == [HOSTILE]


async def test_grpc_web_finds_its_service_and_is_never_made_smaller(gateway: httpx.AsyncClient) -> None:
    message = pb2.ListThresholdsRequest(page_token="big").SerializeToString()
    answer = await gateway.post(
        f"/{THRESHOLDS}/ListThresholds",
        content=b"\0" + len(message).to_bytes(4, "big") + message,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **BOTH},
    )
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    assert "content-encoding" not in answer.headers
    size = int.from_bytes(answer.content[1:5], "big")
    assert len(pb2.ListThresholdsResponse.FromString(answer.content[5 : 5 + size]).thresholds[0].source) == BIG
    assert b"grpc-status:0" in answer.content[5 + size :]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("GET", "/api/v1/nothing"), ("PATCH", "/api/v1/thresholds/3"), ("POST", "/")],
)
async def test_what_is_nowhere_is_404(method: str, path: str, mesh: Mesh, gateway: httpx.AsyncClient) -> None:
    before = len(mesh.thresholds_backend.metadata)
    answer = await gateway.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, 5)
    assert answer.json()["message"].startswith(f"nothing is served at {method} {path}; /docs lists")
    assert len(mesh.thresholds_backend.metadata) == before


@pytest.mark.parametrize(
    "path",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        f"/{THRESHOLDS}/Nothing",
        # Between services alone; at the service's own port it is refused by the service.
        "/montrg.location.v1.DeviceKeyRegistryService/WatchDeviceKeys",
        "/montrg.realtime.v1.ReadingLogService/Subscribe",
    ],
)
async def test_grpc_of_no_service_is_unimplemented_and_told_where_reflection_is(
    path: str, mesh: Mesh, gateway: httpx.AsyncClient
) -> None:
    before = len(mesh.thresholds_backend.metadata), len(mesh.locations_backend.metadata)
    async with grpc.aio.insecure_channel(mesh.gateway) as channel:
        call: Any = channel.unary_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert f"thresholds {mesh.addresses['thresholds'].rpartition(':')[2]}" in (caught.value.details() or "")
    assert (len(mesh.thresholds_backend.metadata), len(mesh.locations_backend.metadata)) == before


async def test_health_tells_how_each_service_is_and_no_more(mesh: Mesh, gateway: httpx.AsyncClient) -> None:
    def states(**alive: bool) -> dict[str, Any]:
        both = {service.name: alive.get(service.name, False) for service in SERVICES}
        return {name: {"alive": is_so, "ready": is_so} for name, is_so in both.items()}

    assert await answer_of_health(gateway, states(thresholds=True, location=True))
    await mesh.thresholds_backend.set_serving("ready", serving=False)
    not_ready = states(thresholds=True, location=True) | {"thresholds": {"alive": True, "ready": False}}
    assert await answer_of_health(gateway, not_ready)
    await mesh.thresholds_backend.set_serving("ready", serving=True)
    await mesh.locations_backend.stop()
    assert await answer_of_health(gateway, states(thresholds=True))
    await mesh.locations_backend.start()
    assert await answer_of_health(gateway, states(thresholds=True, location=True))
    assert (await gateway.get("/ready")).json()["message"].startswith("not every service is ready; /health says which")


async def answer_of_health(gateway: httpx.AsyncClient, states: dict[str, Any]) -> bool:
    """Waits until it says so; some services are always away here."""
    for _ in range(100):
        answer = await gateway.get("/health/?x=1")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/json")
        if answer.json() == {"status": "degraded", "services": states}:
            return True
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)


async def test_the_page_is_at_the_root_and_may_load_nothing_from_elsewhere(gateway: httpx.AsyncClient) -> None:
    page = await gateway.get("/?x=1")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text == (ROOT / "services" / "dashboard" / "dist" / "index.html").read_text(encoding="utf-8")
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= {each.strip() for each in policy.split(";")}
    assert (page.headers["referrer-policy"], page.headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert "content-security-policy" not in (await gateway.get("/docs")).headers


async def test_the_page_is_told_where_it_is(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/settings.json")
    assert answer.json() == {"profile": "dev", "time_zone": "Asia/Seoul", "version": version("montrg")}
    assert answer.headers["cache-control"] == "no-cache"


async def test_each_document_is_served_and_the_picker_names_it(gateway: httpx.AsyncClient) -> None:
    documents = (await gateway.get("/docs/documents.json")).json()
    assert [each["name"] for each in documents[1:]] == [service.title for service in SERVICES]
    paths = [set((await gateway.get(each["url"])).json()["paths"]) for each in documents]
    assert paths[0] == set().union(*paths[1:])
    for asset in re.findall('(?:src|href)="([^"]+)"', (await gateway.get("/docs")).text):
        assert (await gateway.get(asset)).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/swagger-ui.css", "/api/v1/thresholds?page_token=big"])
@pytest.mark.parametrize(("read", "written"), [("gzip", "gzip"), ("gzip, deflate, br", "br"), ("identity", None)])
async def test_an_answer_is_as_small_as_its_caller_can_read(
    path: str, read: str, written: str | None, gateway: httpx.AsyncClient
) -> None:
    answer = await gateway.get(path, headers={"accept-encoding": read})
    assert answer.headers.get("content-encoding") == written
    assert answer.content == (await gateway.get(path)).content or written == "br"  # which httpx does not read
    if written:
        assert answer.num_bytes_downloaded < len((await gateway.get(path)).content) / 4
    assert "accept-encoding" in answer.headers["vary"].lower()


async def test_a_services_own_port_answers_as_it_is(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get("/api/v1/thresholds?page_token=big", headers=BOTH)
    assert "content-encoding" not in answer.headers


def test_each_file_of_the_dashboard_has_its_kind_and_only_names_with_a_hash_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    folder = tmp_path.joinpath("services", "dashboard", "dist")
    for name in ("index.html", "icon.svg", "assets/index-1a2b.js", "assets/index-1a2b.js.map", "assets/font.woff2"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = {page["path"]: page for page in pages.of_gateway(SERVICES, RenderOptions())}
    assert found["/"]["file"] == "services/dashboard/dist/index.html"
    assert (found["/assets/index-1a2b.js"]["type"], found["/icon.svg"]["type"]) == (
        "text/javascript; charset=utf-8",
        "image/svg+xml",
    )
    kept = {path for path, page in found.items() if "immutable" in page.get("headers", {}).get("cache-control", "")}
    assert kept == {"/assets/index-1a2b.js", "/assets/font.woff2"}
    assert not [path for path in found if path.endswith(".map")]
    (folder / "notes.docx").touch()
    with pytest.raises(ValueError, match=r"notes\.docx: nobody says what kind of file this is"):
        pages.of_gateway(SERVICES, RenderOptions())


async def test_a_line_of_the_log_says_which_service_it_was(mesh: Mesh, gateway: httpx.AsyncClient) -> None:
    await gateway.get("/api/v1/thresholds/3", headers={"x-request-id": "at-the-gateway"})
    for _ in range(50):  # Envoy writes its log every second
        lines = [line for line in mesh.access_log.read_text().splitlines() if "at-the-gateway" in line]
        if lines:
            break
        await asyncio.sleep(0.1)
    (line,) = map(json.loads, lines)
    assert (line["service"], line["route"], line["status"]) == ("gateway", "thresholds", 200)
