"""A channel to several processes of one service: real servers, some of which end."""

from collections import Counter
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.common.channels import connect
from services.common.settings import Environment
from tests.support.mesh import eventually


class Processes:
    """Servers on ports of their own, which count the calls that reach each."""

    def __init__(self):
        self.calls: Counter[int] = Counter()
        self.servers = {}

    async def start(self, port=0):
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        port = server.add_insecure_port(f"127.0.0.1:{port}")
        health_pb2_grpc.add_HealthServicer_to_server(_Counting(self.calls, port), server)
        await server.start()
        self.servers[port] = server
        return port

    async def stop(self, port):
        await self.servers.pop(port).stop(None)


class _Counting(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpc is untyped
    def __init__(self, calls, port):
        self._calls = calls
        self._port = port

    async def Check(self, request, context):  # noqa: N802  the contract names it
        self._calls[self._port] += 1
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
async def processes():
    found = Processes()
    yield found
    for port in list(found.servers):
        await found.stop(port)


@asynccontextmanager
async def caller(*ports):
    value = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    async with connect(Environment({"URL": value}).target("URL", "")) as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def call():
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)

        yield call


async def test_calls_go_round_all_processes_and_past_one_that_ended(processes):
    first, second = await processes.start(), await processes.start()
    async with caller(first, second) as call:

        async def both_were_called():
            await call()
            return len(processes.calls) == 2

        await eventually(both_were_called)
        await processes.stop(first)
        processes.calls.clear()
        for _ in range(20):
            await call()
        assert processes.calls == {second: 20}


async def test_a_process_that_came_back_is_called_again(processes):
    first, second = await processes.start(), await processes.start()
    async with caller(first, second) as call:
        await call()
        await processes.stop(first)
        await call()
        await processes.start(first)
        processes.calls.clear()

        async def it_is_called():
            await call()
            return processes.calls[first] > 0

        await eventually(it_is_called)


async def test_a_call_fails_while_every_process_is_away_and_succeeds_soon_after_one_came_back(processes):
    port = await processes.start()
    async with caller(port) as call:
        await call()
        await processes.stop(port)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        await processes.start(port)

        async def answers():
            try:
                await call()
            except grpc.aio.AioRpcError:
                return False
            return True

        await eventually(answers)
