"""Readers of server-sent events in a process of their own, so that their cost is not the mesh's.

`python -m tests.bench.watcher <port> <path> <readers>` says `ready` when each has its snapshot, and at the end of its
input prints what each saw and when: pairs of the first temperature of an event and of the machine's monotonic clock.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_EVENT = re.compile(rb'data: \{"kind":"(\w+)"[^\n]*?(?:"temperature":\{"value":(-?[\d.]+)[^\n]*)?\n')


class Watchers:
    """The process, until the block ends."""

    def __init__(self, port, path, count):
        self._process: Any
        self._argv = [sys.executable, "-m", "tests.bench.watcher", str(port), path, str(count)]

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, cwd=ROOT, stdin=pipe, stdout=pipe, limit=2**28
        )
        async with asyncio.timeout(60):
            assert await self._process.stdout.readline() == b"ready\n"
        return self

    async def seen(self):
        """Ends the readers; returns pairs of value and moment."""
        self._process.stdin.close()
        async with asyncio.timeout(60):
            return json.loads(await self._process.stdout.readline())

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


class _Reader(asyncio.Protocol):
    def __init__(self, request, has_snapshot):
        self._request = request
        self._has_snapshot = has_snapshot
        self._rest = b""
        self.seen: list[tuple[float, float]] = []

    def connection_made(self, transport):
        transport.write(self._request)

    def data_received(self, data):
        now = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            event = _EVENT.match(line + b"\n")
            if event is None:
                continue
            if event[1] == b"SNAPSHOT" and not self._has_snapshot.done():
                self._has_snapshot.set_result(None)
            elif event[2] is not None:
                self.seen.append((float(event[2]), now))


async def _watch(port, path, count):
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
    readers, waits = [], []
    for _ in range(count):
        waits.append(loop.create_future())
        _, reader = await loop.create_connection(
            lambda wait=waits[-1]: _Reader(request, wait),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        readers.append(reader)
    await asyncio.gather(*waits)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps([pair for reader in readers for pair in reader.seen]), flush=True)


if __name__ == "__main__":
    asyncio.run(_watch(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
