"""A call that a call makes has no more time than is left: over two real servers, and at a real database."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import asyncpg
import grpc
import pytest

from services.common import deadlines
from services.common.access.gate import OpenGate
from services.common.channels import connect
from services.common.database import Database
from services.common.interceptors import CallInterceptor
from tests.conftest import service_url
from tests.support.mesh import eventually

SERVICE, METHOD = "montrg.test.v1.ChainService", "/montrg.test.v1.ChainService/Call"
OWN_S = 5.0  # what the first server gives the second one by itself


@asynccontextmanager
async def server(handle):
    async def call(request, context):
        return await handle(context)

    running = grpc.aio.server(interceptors=[CallInterceptor(OpenGate())])
    methods: dict[str, Any] = {"Call": grpc.unary_unary_rpc_method_handler(call, lambda data: data, None)}
    running.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    try:
        async with connect(f"127.0.0.1:{port}") as channel:
            yield channel.unary_unary(METHOD)
    finally:
        await running.stop(None)


@pytest.fixture
async def chain():
    """Two servers, of which the first calls the second; what each saw of its time, and the first one's answer."""
    seen = SimpleNamespace(call=None, work_s=0.0, own_s=OWN_S, left=[], code=None)

    async def last(context):
        seen.left.append(context.time_remaining())
        return b""

    async with server(last) as neighbour:

        async def first(_context):
            await asyncio.sleep(seen.work_s)
            try:
                await neighbour(b"", timeout=seen.own_s)
            except grpc.aio.AioRpcError as error:
                seen.code = error.code()
            return b""

        async with server(first) as seen.call:
            yield seen


async def test_a_neighbour_has_what_is_left_of_the_callers_time(chain):
    chain.work_s = 0.5
    await chain.call(b"", timeout=2)
    assert 0 < chain.left[0] < 1.5


async def test_over_rest_the_time_is_envoys(chain):
    await chain.call(b"", metadata=((deadlines.EXPECTED, "900"),))
    assert 0 < chain.left[0] < 0.9


async def test_the_shorter_one_counts(chain):
    await chain.call(b"", timeout=3, metadata=((deadlines.EXPECTED, "60000"),))
    chain.own_s = 1.0
    await chain.call(b"", timeout=3)
    assert 1.5 < chain.left[0] < 3.1
    assert 0 < chain.left[1] < 1.5


async def test_a_call_without_time_left_is_not_sent(chain):
    chain.work_s = 0.2
    await chain.call(b"", metadata=((deadlines.EXPECTED, "100"),))
    assert (chain.code, chain.left) == (grpc.StatusCode.DEADLINE_EXCEEDED, [])


@pytest.mark.parametrize("said", ["soon", "-1", "1.5", "", "9" * 30])
async def test_who_says_nothing_that_can_be_read_leaves_a_service_its_own_time(chain, said):
    await chain.call(b"", metadata=((deadlines.EXPECTED, said),))
    await chain.call(b"")
    assert min(chain.left) > OWN_S - 2


async def test_what_is_done_beside_calls_has_no_end(chain):
    assert deadlines.remaining() is None
    await chain.call(b"", timeout=2)
    assert deadlines.remaining() is None


async def test_a_statement_ends_with_the_time_of_its_call(admin_url):
    database = Database(service_url(admin_url, "location"), 1, "deadlines")
    watching = await asyncpg.connect(admin_url)
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'deadlines' AND state = 'active'"

    async def slow(_context):
        async with database.reader() as reader:
            await reader.execute("SELECT pg_sleep(600)")
        return b""

    async with server(slow) as call:
        asked = asyncio.ensure_future(call(b"", timeout=3))
        try:
            await eventually(lambda: _is(watching, running, 1))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await asked
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            await eventually(lambda: _is(watching, running, 0), 10)
        finally:
            await watching.close()
            await database.close()


async def _is(connection, statement, value):
    return await connection.fetchval(statement) == value
