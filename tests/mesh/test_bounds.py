"""Callers who are slow, too many or too large, as a real Envoy meets them: it lets go of them and serves the others."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from services.catalog import service
from services.mesh.limits import Limits
from services.mesh.options import RenderOptions
from services.mesh.render import render_config
from tests.mesh.backend import Backend
from tests.mesh.conftest import until
from tests.support.envoy import running_rendered
from tests.support.mesh import eventually
from tests.support.ports import free_ports

GET = "/api/v1/thresholds/3"
LIST = "/api/v1/thresholds?limit=1"
PATIENCE_S = 15.0
LIMITS = Limits(connections_of_port=20, calls=3, request_s=1, headers_s=1, idle_s=3)
STOP_ACCEPTING = "envoy.overload_actions.stop_accepting_connections"

# Frames of HTTP/2, whose parts are a length, a type, flags and a stream.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
END_STREAM, END_HEADERS = 0x1, 0x4
MAX_CONCURRENT_STREAMS = 3
# A GET of `/` from `x`, of the static table.
GET_ROOT = b"\x82\x86\x84\x41\x01x"


@dataclass(frozen=True, slots=True)
class Running:
    """An Envoy with small limits, and what is behind it."""

    port: int
    status_port: int
    backend: Backend

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def options(backend: Backend, limits: Limits) -> tuple[RenderOptions, Running]:
    port, status, admin = free_ports(3)
    rendered = RenderOptions(
        services=[service("thresholds")], rest_ports={"thresholds": port}, admin_port=admin, status_port=status,
        upstreams={"thresholds": [("127.0.0.1", backend.port)]}, limits=limits,
    )  # fmt: skip
    return rendered, Running(port, status, backend)


@pytest_asyncio.fixture(scope="module")
async def backend() -> AsyncIterator[Backend]:
    backend = Backend(free_ports(1)[0])
    await backend.start()
    yield backend
    await backend.stop()


@pytest_asyncio.fixture(scope="module")
async def running(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    rendered, running = options(backend, LIMITS)
    with running_rendered(render_config(rendered), rendered.admin, tmp_path_factory.mktemp("bounds")):
        yield running


@pytest_asyncio.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_S) as client:
        await until(client, "/ready", 200)
        yield client


async def answer_to(port: int, *parts: bytes, every_s: float = 0.2) -> bytes:
    """Sends parts, one by one, until there is an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(every_s)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readuntil(b"\n")
    finally:
        sending.cancel()
        writer.close()


async def test_headers_that_trickle_in_are_not_waited_for(running: Running, client: httpx.AsyncClient) -> None:
    trickle = [f"x-{n}: {n}\r\n".encode() for n in range(60)]
    begin = time.monotonic()
    answer = await answer_to(running.port, b"GET /docs HTTP/1.1\r\nhost: x\r\n", *trickle)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begin < 10
    assert (await client.get(GET)).status_code == 200


async def test_a_body_that_trickles_in_is_not_waited_for(running: Running) -> None:
    head = (
        b"POST /api/v1/thresholds HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n"
    )
    answer = await answer_to(running.port, head, *[b" "] * 60)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":4' in answer
    assert b"did not arrive in time; send it in smaller parts" in answer


async def test_more_headers_than_anybody_needs_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get(GET, headers={f"x-{n}": "1" for n in range(110)})
    assert (answer.status_code, answer.json()["code"]) == (431, 3)
    assert "in 100 headers" in answer.json()["message"]


async def test_one_port_has_so_many_connections_and_probes_are_answered_still(running: Running) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(25)]
    try:
        done = [asyncio.ensure_future(reader.read(1)) for reader, _ in opened]
        closed, _ = await asyncio.wait(done, timeout=2)
        assert 5 <= len(closed) <= 6  # a client of another test may have one
        assert all(task.result() == b"" for task in closed)
        async with httpx.AsyncClient(timeout=PATIENCE_S) as probe:
            assert (await probe.get(f"http://127.0.0.1:{running.status_port}/ready")).status_code == 200
            with pytest.raises(httpx.TransportError):
                await probe.get(f"{running.url}{GET}")
    finally:
        for task in done:
            task.cancel()
        for _, writer in opened:
            writer.close()

    async def served() -> bool:
        async with httpx.AsyncClient(timeout=PATIENCE_S) as again:
            try:
                return (await again.get(f"{running.url}{GET}")).status_code == 200
            except httpx.TransportError:
                return False

    await eventually(served)


def frame(kind: int, stream: int, payload: bytes, flags: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    while head := await reader.read(9):
        while len(head) < 9:
            head += await reader.readexactly(9 - len(head))
        yield head[3], await reader.readexactly(int.from_bytes(head[:3], "big"))


async def test_a_connection_has_so_many_streams_and_one_that_opens_and_resets_them_is_ended(running: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(PREFACE + frame(SETTINGS, 0, b""))
    kind, payload = await anext(frames(reader))
    settings = {payload[i + 1]: int.from_bytes(payload[i + 2 : i + 6], "big") for i in range(0, len(payload), 6)}
    assert (kind, settings[MAX_CONCURRENT_STREAMS]) == (SETTINGS, 1000)
    reset = (8).to_bytes(4, "big")
    for n in range(2_000):
        writer.write(frame(HEADERS, 2 * n + 1, GET_ROOT, END_HEADERS) + frame(RST_STREAM, 2 * n + 1, reset))
    async with asyncio.timeout(PATIENCE_S):
        try:
            await writer.drain()
            async for _ in frames(reader):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
    writer.close()


@pytest.mark.usefixtures("client")
async def test_a_caller_who_takes_nothing_of_an_answer_is_let_go(running: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    path = b"/api/v1/thresholds?page_token=big"
    head = b"\x82\x86\x44" + bytes([len(path)]) + path + b"\x41\x01x"
    # The window of a stream is 64 KiB, and this caller never widens it.
    writer.write(PREFACE + frame(SETTINGS, 0, b"") + frame(HEADERS, 1, head, END_STREAM | END_HEADERS))
    read = 0
    async with asyncio.timeout(PATIENCE_S):
        async for kind, payload in frames(reader):
            read += len(payload) if kind == DATA else 0
            if kind == RST_STREAM:
                break
    writer.close()
    assert (kind, read) == (RST_STREAM, 65_535)


async def test_more_calls_than_a_service_can_have_under_way_are_429_at_once(
    client: httpx.AsyncClient, backend: Backend
) -> None:
    gate = backend.thresholds.gates["list"] = asyncio.Event()
    tasks = [asyncio.create_task(client.get(LIST)) for _ in range(8)]
    refused, waiting = await asyncio.wait(tasks, timeout=1)
    gate.set()
    backend.thresholds.gates.clear()
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * 3
    assert len(refused) == 5
    answer = refused.pop().result()
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, 8, "1")
    assert answer.json()["message"] == "too many calls to the thresholds service are under way; try again in a second"


async def test_an_envoy_without_memory_says_no_and_when_to_come_again(backend: Backend, tmp_path: Path) -> None:
    rendered, full = options(backend, Limits(heap_bytes=4 * 1024 * 1024))
    config = render_config(rendered)
    # Far beyond its limit it would not even take the connections over which this test hears of it.
    actions = config["overload_manager"]["actions"]
    config["overload_manager"]["actions"] = [action for action in actions if action["name"] != STOP_ACCEPTING]
    assert len(config["overload_manager"]["actions"]) == len(actions) - 1
    with running_rendered(config, rendered.admin, tmp_path):
        async with httpx.AsyncClient(base_url=full.url, timeout=PATIENCE_S) as client:
            answer = await until(client, GET, 503)

            async def is_overloaded() -> bool:
                nonlocal answer
                answer = await client.get(GET)
                return "too much is asked" in answer.text

            await eventually(is_overloaded)
            assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, 14, "5")
            probe = await client.get(f"http://127.0.0.1:{full.status_port}/ready")
            assert probe.status_code == 200
        async with grpc.aio.insecure_channel(f"127.0.0.1:{full.port}", options=[("grpc.enable_retries", 0)]) as channel:
            stub: Any = pb2_grpc.ThresholdServiceStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.GetThreshold(pb2.GetThresholdRequest(threshold_id=3))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert (caught.value.details() or "").startswith("too much is asked of this machine")
