"""A process of a service, as far as a test can tell, and one who watches what it streams."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import grpc
from sqlalchemy.engine import make_url

from services.common.server import serve
from tests.conftest import service_url, settings_of
from tests.support.callers import BelievingGate

PATIENCE_S = 15


class Worker:
    """A service; it can be stopped and started again."""

    def __init__(self, app, admin_url, variables):
        self._app = app
        self._settings = settings_of(admin_url, app.name, **variables)
        self._stack = AsyncExitStack()
        self.channel: Any

    async def start(self):
        port = await self._stack.enter_async_context(serve(self._app, *self._settings, BelievingGate()))
        # The windows of a client on another machine: what is sent must not just disappear in its memory.
        options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options)

    async def stop(self):
        await self._stack.aclose()
        await self.channel.close()


class Watcher:
    """A stream, and what has come of it: `shown` by key."""

    def __init__(self, call, kinds):
        self.call = call
        self.kinds = kinds
        self.token = ""
        self.shown = {}

    def take(self, message):
        """Takes a message into what is shown."""
        raise NotImplementedError

    async def next(self):
        """The next message that is no heartbeat; None at the end of the stream."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                message = await self.call.read()
            if message is grpc.aio.EOF:
                return None
            if message.resume_token:
                self.token = message.resume_token
            if message.kind == self.kinds.SNAPSHOT:
                self.shown.clear()
            self.take(message)
            if message.kind != self.kinds.HEARTBEAT:
                return message

    async def until(self, check):
        """Reads on until something is true of what is shown."""
        while not check(self.shown):
            assert await self.next() is not None, "the stream ended before it came true"


def through_gate(gate, admin_url, name):
    """The setting by which a service's way to its database is a gate."""
    url = make_url(service_url(admin_url, name)).set(host="127.0.0.1", port=gate.port)
    return {"MONTRG_DATABASE_URL": url.render_as_string(hide_password=False)}
