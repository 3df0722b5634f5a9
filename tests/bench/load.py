"""A small HTTP/1.1 keep-alive load client in a process of its own, so that its cost is the same for every server.

`python -m tests.bench.load <port> <path> <connections> <seconds> <most requests> <header>...` prints one line of JSON.
"""

import asyncio
import gc
import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARM_UP = 3  # requests of each connection that are not counted
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """What one run measured; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def run_load(port, path, *, connections, seconds, most=10**9, headers=()):
    """Runs the client to its end."""
    numbers = map(str, (connections, seconds, most))
    argv = [sys.executable, "-m", "tests.bench.load", str(port), path, *numbers, *headers]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=False)
    assert done.returncode == 0, done.stderr
    return Load(**json.loads(done.stdout))


def fetch(port, path):
    """One answer: its head as it came, and its body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, body
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders())
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode(), body


class _Connection(asyncio.Protocol):
    """Sends a request as soon as the last one is answered."""

    def __init__(self, request, until, most, done):
        self._request = request
        self._until = until
        self._left = most + WARM_UP
        self._done = done
        self._buffer = bytearray()
        self._whole = 0
        self._sent = 0.0
        self.times: list[float] = []
        self.began = 0.0
        self.ended = 0.0

    def connection_made(self, transport):
        self._transport = transport
        self._send()

    def _send(self):
        self._left -= 1
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data):
        self._buffer += data
        if not self._whole:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            found = _LENGTH.search(self._buffer, 0, head + 2)
            if not self._buffer.startswith(b"HTTP/1.1 200") or found is None:
                self._end(bytes(self._buffer[:500]))
                return
            self._whole = head + 4 + int(found[1])
        if len(self._buffer) >= self._whole:
            self._answered()

    def _answered(self):
        now = time.perf_counter()
        self.times.append(now - self._sent)
        if len(self.times) == WARM_UP:
            self.began = now
        self._buffer.clear()
        self._whole = 0
        self.ended = now
        if self._left and (now < self._until or len(self.times) <= WARM_UP):
            self._send()
        else:
            self._end(None)

    def connection_lost(self, error):
        self._end(b"the server closed the connection")

    def _end(self, problem):
        if not self._done.done():
            if problem is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(RuntimeError(problem))
        self._transport.close()


async def _measure(port, path, connections, seconds, most, headers):
    loop = asyncio.get_running_loop()
    head = "".join(f"{header}\r\n" for header in ("Host: bench", "Accept: */*", *headers))
    request = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    until = time.perf_counter() + seconds
    waits, clients = [], []
    for _ in range(connections):
        waits.append(loop.create_future())
        _, client = await loop.create_connection(
            lambda done=waits[-1]: _Connection(request, until, most, done),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        clients.append(client)
    await asyncio.gather(*waits)
    times = sorted(t * 1000 for c in clients for t in c.times[WARM_UP:])
    took = max(c.ended for c in clients) - min(c.began for c in clients)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return Load(len(times), len(times) / took, statistics.median(times), p99)


if __name__ == "__main__":
    gc.disable()
    _port, _path, _connections, _seconds, _most, *_headers = sys.argv[1:]
    _run = _measure(int(_port), _path, int(_connections), float(_seconds), int(_most), _headers)
    print(json.dumps(vars(asyncio.run(_run))))
