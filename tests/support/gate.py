"""A door in front of a TCP server, such as a database, that a test can shut and block."""

import asyncio
from contextlib import asynccontextmanager


class Gate:
    """Passes bytes on between its port and a server's."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._server: asyncio.Server
        self._writers = set()
        self._tasks = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    async def open(self):
        """Lets callers in, on the same port every time."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self):
        """Cuts every connection and refuses new ones."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    def block(self):
        """Lets nothing pass, as a network that swallows everything."""
        self._flows.clear()

    def unblock(self):
        """Lets pass what has waited."""
        self._flows.set()

    async def _pass_on(self, reader, writer):
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source, sink):
        try:
            while data := await source.read(65536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
            self._writers.discard(sink)


@asynccontextmanager
async def open_gate(host, port):
    """A gate that is open, until the block ends."""
    gate = Gate(host, port)
    await gate.open()
    try:
        yield gate
    finally:
        gate.unblock()
        await gate.shut()
