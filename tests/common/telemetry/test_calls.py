"""Calls are counted where they are served and where they are made: a real server and a real channel."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from services.common.channels import Target, connect
from services.common.errors import NotFoundError
from services.common.server import App, serve
from services.common.telemetry.registry import REGISTRY
from tests.conftest import settings_of

SERVICE = "montrg.test.v1.CountedService"


async def echo(request, context):
    if request == b"missing":
        raise NotFoundError("nothing of that name", "MISSING")
    return request


async def count(request, context):
    for number in range(int(request)):
        yield bytes([number])


async def wait(request, context):
    await asyncio.Event().wait()


@asynccontextmanager
async def wire(context, server):
    methods: dict[str, Any] = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo, bytes),
        "Count": grpc.unary_stream_rpc_method_handler(count, bytes),
        "Wait": grpc.unary_unary_rpc_method_handler(wait, bytes),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    yield


@asynccontextmanager
async def calling(admin_url, **settings):
    """A channel to a server, as to a neighbour of that name."""
    told, environment = settings_of(admin_url, "location", **settings)
    async with (
        serve(App("location", wire), told, environment) as port,
        connect(Target(f"127.0.0.1:{port}", neighbour="location")) as channel,
    ):
        yield channel


def told(name, method, code=None, service=SERVICE, kind="unary", **more):
    labels = {"grpc_type": kind, "grpc_service": service, "grpc_method": method} | more
    return REGISTRY.get_sample_value(name, labels | ({"grpc_code": code} if code else {})) or 0


def at(name, *labels, **more):
    """What a figure is at the moment, and by how much it rises from then on."""
    before = told(name, *labels, **more)
    return lambda: told(name, *labels, **more) - before


async def test_a_call_is_counted_with_its_outcome_at_both_ends(admin_url):
    handled = at("grpc_server_handled_total", "Echo", "OK")
    missing = at("grpc_server_handled_total", "Echo", "NOT_FOUND")
    seconds = at("grpc_server_handling_seconds_count", "Echo")
    made = at("grpc_client_handled_total", "Echo", "NOT_FOUND", neighbour="location")
    started = at("grpc_client_started_total", "Echo", neighbour="location")
    async with calling(admin_url) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE}/Echo")
        assert await call(b"x") == b"x"
        with pytest.raises(grpc.aio.AioRpcError):
            await call(b"missing")
    assert (handled(), missing(), seconds(), made(), started()) == (1, 1, 2, 1, 2)


async def test_the_messages_of_a_stream_are_counted_and_its_end_at_both_ends(admin_url):
    sent = at("grpc_server_msg_sent_total", "Count", kind="server_stream")
    received = at("grpc_server_msg_received_total", "Count", kind="server_stream")
    made = at("grpc_client_handled_total", "Count", "OK", kind="server_stream", neighbour="location")
    async with calling(admin_url) as channel:
        call: Any = channel.unary_stream(f"/{SERVICE}/Count")
        assert [message async for message in call(b"3")] == [b"\0", b"\1", b"\2"]
    assert (sent(), received(), made()) == (3, 1, 1)


async def test_a_stream_can_still_be_read_and_given_up(admin_url):
    made = at("grpc_client_handled_total", "Count", "CANCELLED", kind="server_stream", neighbour="location")
    async with calling(admin_url) as channel:
        call: Any = channel.unary_stream(f"/{SERVICE}/Count")(b"200")
        assert await call.read() == b"\0"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call.read()
    assert made() == 1


async def test_methods_that_do_not_exist_have_one_name_together(admin_url):
    unknown = at("grpc_server_handled_total", "unknown", "UNIMPLEMENTED", service="unknown")
    async with calling(admin_url) as channel:
        for path in (f"/{SERVICE}/Drop", "/a.b/C", "/x/" + "y" * 100):
            with pytest.raises(grpc.aio.AioRpcError):
                await channel.unary_unary(path)(b"")
    assert unknown() == 3
    samples = [sample for family in REGISTRY.collect() for sample in family.samples]
    # Those that this process makes itself are of its own contracts.
    services = {s.labels["grpc_service"] for s in samples if s.name == "grpc_server_handled_total"}
    assert "unknown" in services
    assert not services & {"a.b", "x"}


async def test_a_call_that_its_caller_gives_up_is_cancelled_and_no_longer_under_way(admin_url):
    def under_way():
        return REGISTRY.get_sample_value("grpc_server_in_flight", {"grpc_type": "unary"}) or 0

    cancelled = at("grpc_server_handled_total", "Wait", "CANCELLED")
    made = at("grpc_client_handled_total", "Wait", "DEADLINE_EXCEEDED", neighbour="location")
    before = under_way()
    async with calling(admin_url) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE}/Wait")(b"", timeout=0.5)
        waiting = asyncio.ensure_future(call)
        await asyncio.sleep(0.2)
        assert under_way() == before + 1
        with pytest.raises(grpc.aio.AioRpcError):
            await waiting
    assert (cancelled(), made(), under_way()) == (1, 1, before)


async def test_where_it_is_off_nothing_is_counted_or_told(admin_url):
    handled = at("grpc_server_handled_total", "Echo", "OK")
    async with calling(admin_url, MONTRG_METRICS="off") as channel:
        assert await channel.unary_unary(f"/{SERVICE}/Echo")(b"x") == b"x"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/montrg.operations.v1.MetricsService/GetMetrics")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert handled() == 0
