"""One address for several pods, as kube-proxy gives a Service one: it deals connections out, and knows no requests."""

import asyncio
import itertools
from contextlib import asynccontextmanager


class ClusterIp:
    """Passes each new connection on to the next of `endpoints`; one that is open stays where it is."""

    def __init__(self):
        self.endpoints = []
        self.port = 0
        self.opened = 0
        self._turn = itertools.count()
        self._tasks = set()

    async def take(self, reader, writer):
        host, port = self.endpoints[next(self._turn) % len(self.endpoints)]
        self.opened += 1
        try:
            there_reader, there_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(_pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _pump(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        sink.transport.abort()
    finally:
        sink.close()


@asynccontextmanager
async def cluster_ip():
    """Deals out until the block ends."""
    address = ClusterIp()
    server = await asyncio.start_server(address.take, "127.0.0.1", 0)
    address.port = server.sockets[0].getsockname()[1]
    try:
        yield address
    finally:
        server.close()
        await address.close()
