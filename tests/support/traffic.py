"""Callers who go on for as long as a block lasts; nothing that fails is tried again, and everything is kept."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import grpc
import httpx

FAILURES = (grpc.aio.AioRpcError, httpx.TransportError, AssertionError)
PATIENCE_S = 10.0


class Traffic:
    """What has come of all calls: how many of each of the kinds were answered, and what failed, and when."""

    def __init__(self, kinds):
        self.kinds = set(kinds)
        self.answered: Counter[str] = Counter()
        self.failed = []
        self._began = asyncio.get_running_loop().time()
        self._over = asyncio.Event()

    @property
    def seconds(self):
        """Since the beginning."""
        return round(asyncio.get_running_loop().time() - self._began, 2)

    async def call(self, kind, request, pause_s):
        """Makes one request after the other until it is over."""
        while not self._over.is_set():
            began = self.seconds
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await request()
            except (*FAILURES, TimeoutError) as error:
                self.failed.append((began, self.seconds, kind, repr(error)))
            else:
                self.answered[kind] += 1
            await asyncio.sleep(pause_s)

    async def watch(self, kind, follow):
        """Follows one stream after the other; `follow` returns at the end of one, which is counted."""
        while True:
            try:
                await follow()
            except FAILURES as error:
                self.failed.append((self.seconds, kind, repr(error)))
            else:
                self.answered[kind] += 1

    def end(self):
        self._over.set()


@asynccontextmanager
async def traffic(calls, watches, pause_s=0.03):
    """Runs callers, each a kind and a request, and watchers, each a kind and what follows one stream to its end."""
    running = Traffic([kind for kind, _ in (*calls, *watches)])
    callers = [asyncio.create_task(running.call(kind, request, pause_s)) for kind, request in calls]
    watchers = [asyncio.create_task(running.watch(kind, follow)) for kind, follow in watches]
    try:
        yield running
        running.end()
        await asyncio.gather(*callers)
    finally:
        for task in (*callers, *watchers):
            task.cancel()
        await asyncio.gather(*callers, *watchers, return_exceptions=True)
