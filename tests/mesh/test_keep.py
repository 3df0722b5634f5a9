"""The list that Envoy keeps for a second: when it is given again, and above all when it is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from tests.mesh.backend import Thresholds
from tests.mesh.conftest import Mesh, until

LIST = "/api/v1/thresholds/"
SETTLED_S = 0.3  # after a change nothing is kept for a quarter of a second
Change = Callable[[int], Awaitable[Any]]


@pytest_asyncio.fixture
async def service(mesh: Mesh, thresholds: httpx.AsyncClient) -> AsyncIterator[Thresholds]:
    """The service behind the port, of which nothing is kept yet."""
    service = mesh.thresholds_backend.thresholds
    await thresholds.delete(f"{LIST}3")
    await asyncio.sleep(SETTLED_S)
    yield service
    service.rows = 0
    service.gates.clear()


@pytest_asyncio.fixture(params=["REST", "gRPC"])
async def change(request: pytest.FixtureRequest, mesh: Mesh, thresholds: httpx.AsyncClient) -> AsyncIterator[Change]:
    """Changes a threshold through the port; 503 is refused by the service."""

    async def by_rest(threshold_id: int) -> None:
        await thresholds.put(f"{LIST}{threshold_id}", json={"level": "red"})

    async def by_grpc(threshold_id: int) -> None:
        with suppress(grpc.aio.AioRpcError):  # of 503
            await stub.UpdateThreshold(pb2.UpdateThresholdRequest(threshold_id=threshold_id))

    async with grpc.aio.insecure_channel(mesh.addresses["thresholds"]) as channel:
        stub = pb2_grpc.ThresholdServiceStub(channel)
        yield by_rest if request.param == "REST" else by_grpc


async def kept_answer(thresholds: httpx.AsyncClient, service: Thresholds, **headers: str) -> httpx.Response:
    """An answer that did not reach the service; one of many, since a busy machine may take a second between two."""
    for _ in range(100):
        before = len(service.calls)
        answer = await thresholds.get(LIST, headers=headers)
        if len(service.calls) == before:
            return answer
    raise AssertionError("nothing is kept")


async def reached(service: Thresholds, begun: int) -> None:
    while len(service.calls) == begun:
        await asyncio.sleep(0.01)


async def test_a_list_is_given_again_without_asking(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    service.rows = 2
    fresh = await thresholds.get(LIST)
    kept = await kept_answer(thresholds, service)
    assert (kept.status_code, kept.text) == (200, fresh.text)


async def test_right_after_a_change_nothing_is_kept_since_another_process_may_not_have_heard_of_it(
    thresholds: httpx.AsyncClient, service: Thresholds, change: Change
) -> None:
    await change(1)
    before = len(service.calls)
    for _ in range(3):
        await thresholds.get(LIST)
    assert len(service.calls) == before + 3
    await asyncio.sleep(SETTLED_S)
    await kept_answer(thresholds, service)


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://evil.example"])
async def test_a_kept_answer_has_the_headers_of_a_fresh_one(
    origin: str, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    service.rows = 2
    fresh = (await thresholds.get(LIST, headers={"origin": origin})).headers
    kept = (await kept_answer(thresholds, service, origin=origin)).headers
    assert (kept["x-next-page-token"], kept["x-content-type-options"]) == ("Zm9v-_1", "nosniff")
    assert kept["x-request-id"] != fresh["x-request-id"]
    for headers in (fresh, kept):
        for name in ("x-request-id", "date", "x-envoy-upstream-service-time"):
            headers.pop(name, None)
    assert sorted(kept.multi_items()) == sorted(fresh.multi_items())


async def test_a_kept_answer_names_its_callers_request_id(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    await thresholds.get(LIST)
    kept = await kept_answer(thresholds, service, **{"x-request-id": "mine"})
    assert kept.headers["x-request-id"] == "mine"


async def test_a_slash_at_the_end_makes_no_second_answer(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    for _ in range(100):
        before = len(service.calls)
        await thresholds.get(LIST.rstrip("/"))
        await thresholds.get(LIST)
        if len(service.calls) < before + 2:
            return
    raise AssertionError("the one with a slash is not the one without")


async def test_an_answer_is_kept_for_a_second(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    before = len(service.calls)
    await thresholds.get(LIST)
    await asyncio.sleep(1.01)
    await thresholds.get(LIST)
    assert len(service.calls) == before + 2


async def test_the_second_begins_when_the_list_is_asked_for(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    before = len(service.calls)
    service.gates["list"] = asyncio.Event()
    slow = asyncio.create_task(thresholds.get(LIST))
    await asyncio.sleep(1.01)
    service.gates["list"].set()
    await slow
    await thresholds.get(LIST)
    assert len(service.calls) == before + 2


async def test_a_change_drops_what_is_kept(thresholds: httpx.AsyncClient, service: Thresholds, change: Change) -> None:
    before = len(service.calls)
    for _ in range(5):
        await thresholds.get(LIST)
        await change(3)
    await thresholds.get(LIST)
    assert len(service.calls) == before + 11


@pytest.mark.parametrize("threshold_id", [3, 503])
async def test_a_change_drops_what_was_read_while_it_went_on(
    threshold_id: int, thresholds: httpx.AsyncClient, service: Thresholds, change: Change
) -> None:
    before = len(service.calls)
    service.gates["update"] = asyncio.Event()
    changing = asyncio.ensure_future(change(threshold_id))
    await reached(service, before)
    await thresholds.get(LIST)
    service.gates["update"].set()
    await changing
    await thresholds.get(LIST)
    assert len(service.calls) == before + 3


async def test_a_read_that_began_before_a_change_ended_is_not_kept(
    thresholds: httpx.AsyncClient, service: Thresholds, change: Change
) -> None:
    before = len(service.calls)
    service.gates["list"] = asyncio.Event()
    slow = asyncio.create_task(thresholds.get(LIST))
    await reached(service, before)
    await change(3)
    service.gates["list"].set()
    await slow
    await thresholds.get(LIST)
    assert len(service.calls) == before + 3


async def test_a_change_whose_caller_hangs_up_drops_what_is_kept_too(
    thresholds: httpx.AsyncClient, service: Thresholds, change: Change
) -> None:
    await thresholds.get(LIST)
    before = len(service.calls)
    service.gates["update"] = asyncio.Event()
    changing = asyncio.ensure_future(change(3))
    await reached(service, before)
    changing.cancel()
    await thresholds.get(LIST)
    assert len(service.calls) == before + 2


async def test_an_answer_that_was_overtaken_is_not_kept(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    before = len(service.calls)
    gate = service.gates["list"] = asyncio.Event()
    slow = asyncio.create_task(thresholds.get(LIST))
    await reached(service, before)
    service.gates.clear()
    service.rows = 1
    await thresholds.get(LIST)
    service.rows = 2
    gate.set()
    assert len((await slow).json()) == 2
    service.rows = 1
    assert len((await thresholds.get(LIST)).json()) == 1


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("POST", "/api/v1/nothing", 404), ("PATCH", f"{LIST}3", 404), ("POST", LIST, 400), ("DELETE", "/docs", 404)],
)
async def test_a_change_that_never_arrives_drops_what_is_kept_too(
    verb: str, path: str, status: int, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    before = len(service.calls)
    await thresholds.get(LIST)
    assert (await thresholds.request(verb, path, content=b"[")).status_code == status
    await thresholds.get(LIST)
    assert len(service.calls) == before + 2


@pytest.mark.parametrize(
    "path", [f"{LIST}?limit=1", f"{LIST}3", f"{LIST}type/pcv_temperature", "/api/v1/thresholds:check"]
)
async def test_nothing_else_is_kept(path: str, thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    before = len(service.calls)
    for _ in range(3):
        assert (await thresholds.get(path)).status_code == 200
    assert len(service.calls) == before + 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("authorization", "Bearer x"), ("cookie", "a=b"), ("cache-control", "no-cache"), ("pragma", "no-cache")],
)
async def test_a_caller_may_ask_for_an_answer_of_its_own(
    name: str, value: str, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    await thresholds.get(LIST)
    await kept_answer(thresholds, service)
    before = len(service.calls)
    for _ in range(3):
        await thresholds.get(LIST, headers={name: value})
    assert len(service.calls) == before + 3


@pytest.mark.parametrize("name", ["authorization", "cookie"])
async def test_what_a_known_caller_got_is_not_given_to_others(
    name: str, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    before = len(service.calls)
    await thresholds.get(LIST, headers={name: "mine"})
    await thresholds.get(LIST)
    assert len(service.calls) == before + 2


async def test_head_and_options_drop_nothing_and_get_none(thresholds: httpx.AsyncClient, service: Thresholds) -> None:
    for _ in range(100):
        await thresholds.get(LIST)
        for verb in ("HEAD", "OPTIONS"):
            assert (await thresholds.request(verb, LIST)).status_code == 404
        before = len(service.calls)
        await thresholds.get(LIST)
        if len(service.calls) == before:
            return
    raise AssertionError("dropped")


async def test_a_grpc_call_is_always_answered_by_the_service(
    mesh: Mesh, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    await thresholds.get(LIST)
    before = len(service.calls)
    async with grpc.aio.insecure_channel(mesh.addresses["thresholds"]) as channel:
        for _ in range(3):
            await pb2_grpc.ThresholdServiceStub(channel).ListThresholds(pb2.ListThresholdsRequest())
    assert len(service.calls) == before + 3


async def test_a_list_does_not_outlive_its_service_by_more_than_a_second(
    mesh: Mesh, thresholds: httpx.AsyncClient, service: Thresholds
) -> None:
    await thresholds.get(LIST)
    await kept_answer(thresholds, service)
    await mesh.thresholds_backend.stop()
    await asyncio.sleep(1.01)
    assert (await thresholds.get(LIST)).status_code == 503
    await mesh.thresholds_backend.start()
    await until(thresholds, LIST, 200)
