"""What Envoy does about processes that hang, are gone or refuse, with real ones: callers hardly notice."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.catalog import service
from services.mesh.limits import Limits
from services.mesh.options import RenderOptions
from tests.mesh.backend import Backend
from tests.mesh.conftest import until
from tests.support.envoy import running_envoy
from tests.support.mesh import eventually
from tests.support.ports import free_ports

GET = "/api/v1/thresholds/3"
# Those that hang and break meet 20 calls at once, all of which may be sent again.
CALLS = 150
LIMITS = Limits(retries=25)


class Wire:
    """What a process is reached through: it can hang, so that it accepts and never answers, or be gone."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.flows = asyncio.Event()
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.flows.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._backend.port)
        self._writers.add(inner_writer)
        for source, sink in ((reader, inner_writer), (inner_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self.flows.wait()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def stop(self) -> None:
        """Breaks every connection that there is, and takes no more."""
        self._server.close()
        self.flows.set()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


class Two:
    """Two processes of a service behind an Envoy, which balances their calls."""

    def __init__(self, port: int, admin_port: int, backends: list[Backend], wires: list[Wire]) -> None:
        self.backends = backends
        self.wires = wires
        self._admin_port = admin_port
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=20, limits=httpx.Limits(max_connections=CALLS)
        )

    async def get(self) -> tuple[int, float]:
        """What a read is answered, and after how many seconds."""
        begin = time.monotonic()
        answer = await self.client.get(GET)
        return answer.status_code, time.monotonic() - begin

    async def stat(self, name: str) -> int:
        found = await self.client.get(f"http://127.0.0.1:{self._admin_port}/stats?filter={name}$")
        return int(found.text.rpartition(": ")[2])

    async def are_healthy(self, count: int) -> bool:
        return await self.stat("cluster.thresholds.membership_healthy") == count


@asynccontextmanager
async def processes(folder: Path) -> AsyncIterator[Two]:
    first, second, port, admin = free_ports(4)
    backends = [Backend(first), Backend(second)]
    wires = [Wire(backend) for backend in backends]
    for backend, wire in zip(backends, wires, strict=True):
        await backend.start()
        await wire.start()
    options = RenderOptions(
        services=[service("thresholds")], rest_ports={"thresholds": port}, admin_port=admin, limits=LIMITS,
        upstreams={"thresholds": [("127.0.0.1", wire.port) for wire in wires]},
    )  # fmt: skip
    envoy = running_envoy(options, folder)
    await asyncio.to_thread(envoy.__enter__)
    two = Two(port, admin, backends, wires)
    await until(two.client, "/ready", 200)
    await eventually(lambda: two.are_healthy(2))
    try:
        yield two
    finally:
        await two.client.aclose()
        await asyncio.to_thread(envoy.__exit__, None, None, None)
        for backend, wire in zip(backends, wires, strict=True):
            wire.stop()
            await backend.stop()


@pytest_asyncio.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    async with processes(tmp_path_factory.mktemp("resilience")) as two:
        yield two


@pytest_asyncio.fixture
async def two(shared: Two) -> AsyncIterator[Two]:
    for backend in shared.backends:
        backend.thresholds.calls.clear()
    yield shared
    for wire in shared.wires:
        wire.flows.set()
    await eventually(lambda: shared.are_healthy(2))


async def test_of_two_processes_one_that_accepts_and_never_answers_costs_a_read_a_moment_and_is_left_out(
    two: Two,
) -> None:
    two.wires[0].flows.clear()
    while_hanging = await asyncio.gather(*(two.get() for _ in range(20)))
    assert {status for status, _ in while_hanging} == {200}
    assert max(seconds for _, seconds in while_hanging) < 5
    await eventually(lambda: two.are_healthy(1), 10)
    afterwards = await asyncio.gather(*(two.get() for _ in range(20)))
    assert {status for status, _ in afterwards} == {200}
    assert max(seconds for _, seconds in afterwards) < 2, "nobody waits for it any more"
    two.wires[0].flows.set()
    await eventually(lambda: two.are_healthy(2), 10)


async def test_a_process_that_is_gone_is_left_out_before_any_health_check_and_no_read_fails(two: Two) -> None:
    before = await two.stat("cluster.thresholds.outlier_detection.ejections_enforced_total")
    two.wires[0].stop()
    answers = await asyncio.gather(*(two.get() for _ in range(20)))
    assert {status for status, _ in answers} == {200}
    assert await two.stat("cluster.thresholds.outlier_detection.ejections_enforced_total") > before
    await two.wires[0].start()


async def test_a_read_that_reaches_a_process_as_it_stops_is_answered_by_the_other_one(two: Two) -> None:
    (first, second) = two.backends
    first.thresholds.stops = True
    assert {status for status, _ in [await two.get() for _ in range(10)]} == {200}
    first.thresholds.stops = False
    assert first.thresholds.calls, "nobody met it"
    assert len(second.thresholds.calls) == 10


async def test_what_says_that_it_does_not_serve_gets_no_more_calls(two: Two) -> None:
    (first, second) = two.backends
    await first.set_serving("montrg.thresholds.v1.ThresholdService", serving=False)
    await eventually(lambda: two.are_healthy(1), 10)
    first.thresholds.calls.clear()
    assert {status for status, _ in await asyncio.gather(*(two.get() for _ in range(20)))} == {200}
    assert (len(first.thresholds.calls), len(second.thresholds.calls)) == (0, 20)
    await first.set_serving("montrg.thresholds.v1.ThresholdService", serving=True)


async def test_while_all_fail_only_a_few_reads_are_sent_again_so_that_nobody_drowns(two: Two) -> None:
    # Each try takes a moment and is refused, so those that are sent again are under way at the same time.
    before = await two.stat("cluster.thresholds.upstream_rq_retry_overflow")
    answers = await asyncio.gather(*(two.client.get("/api/v1/thresholds/500") for _ in range(CALLS)))
    # On a machine that stands still for a moment Envoy does not wait for the answer of the last try.
    assert {answer.status_code for answer in answers} <= {503, 504}
    tries = sum(len(backend.thresholds.calls) for backend in two.backends)
    assert CALLS < tries < 2 * CALLS, "three times as many without a budget"
    assert await two.stat("cluster.thresholds.upstream_rq_retry_overflow") > before


async def test_a_write_that_a_process_began_is_not_sent_again(two: Two) -> None:
    answer = await two.client.put("/api/v1/thresholds/503", json={"level": "red"})
    assert answer.status_code == 503
    assert sum(len(backend.thresholds.calls) for backend in two.backends) == 1
