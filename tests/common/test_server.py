"""What a server does with more calls than it can have under way."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from services.common import server
from services.common.channels import connect
from tests.conftest import settings_of

SERVICE = "montrg.test.v1.WaitingService"


async def test_more_calls_than_a_process_can_have_under_way_are_refused_at_once(admin_url, monkeypatch):
    monkeypatch.setattr(server, "MOST_CALLS", 3)
    gate = asyncio.Event()

    async def wait(request, context):
        await gate.wait()
        return b""

    @asynccontextmanager
    async def wire(context, running):
        methods: dict[str, Any] = {"Wait": grpc.unary_unary_rpc_method_handler(wait, bytes)}
        running.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
        yield

    settings, environment = settings_of(admin_url, "location")
    async with (
        server.serve(server.App("location", wire), settings, environment) as port,
        connect(f"127.0.0.1:{port}") as channel,
    ):
        call: Any = channel.unary_unary(f"/{SERVICE}/Wait")
        calls = [asyncio.ensure_future(call(b"", timeout=20)) for _ in range(5)]
        refused, waiting = await asyncio.wait(calls, timeout=2)
        gate.set()
        assert await asyncio.gather(*waiting) == [b""] * 3
        for each in refused:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await each
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await call(b"", timeout=20) == b""
