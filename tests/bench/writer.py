"""Writes readings over gRPC or REST in a process of its own, every request made before the clock starts.

`python -m tests.bench.writer <grpc or rest> <port> <rows a request> <clients> <requests>` prints one line of JSON.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from montrg.realtime.v1 import ingest_service_pb2 as pb2

ROOT = Path(__file__).resolve().parents[2]
METHOD = "/montrg.realtime.v1.IngestService/WriteReadings"
PATH = "/api/v1/realtime/readings"
SENSORS = 100


@dataclass(frozen=True)
class Writing:
    """What one run measured; times in milliseconds."""

    rows_per_second: float
    requests_per_second: float
    p50: float
    p99: float


def run_writer(door, port, *, rows, clients, requests):
    """Runs the writer to its end."""
    argv = [sys.executable, "-m", "tests.bench.writer", door, *map(str, (port, rows, clients, requests))]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Writing(**json.loads(done.stdout))


def values(rows, requests):
    """The rows of each request: sensor, microseconds since 1970, temperature and humidity; all new, in order."""
    moment = (time.time_ns() // 1000) - 3600 * 1_000_000
    for _ in range(requests):
        yield [
            (f"bench-{n % SENSORS:03d}", moment + n * 7, 20 + (n * 37 % 2000) / 100, 30 + (n * 53 % 6000) / 100)
            for n in range(rows)
        ]
        moment += max(rows, SENSORS) * 7


def message(rows):
    """A request's bytes."""
    request = pb2.WriteReadingsRequest()
    for sensor, moment, temperature, humidity in rows:
        reading = request.readings.add(sensor_id=sensor, temperature=temperature, humidity=humidity)
        reading.capture_time.FromMicroseconds(moment)
    return request.SerializeToString()


def body(rows):
    """The same as JSON."""
    return json.dumps(
        {
            "readings": [
                {
                    "sensor_id": sensor,
                    "capture_time": datetime.fromtimestamp(moment / 1e6, UTC).isoformat(),
                    "temperature": temperature,
                    "humidity": humidity,
                }
                for sensor, moment, temperature, humidity in rows
            ]
        }
    ).encode()


async def over_grpc(port):
    """A call over a connection of its own, as each of so many gateways has one."""
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
    write: Any = channel.unary_unary(METHOD, response_deserializer=pb2.WriteReadingsResponse.FromString)

    async def call(request):
        answer = await write(request)
        return answer.accepted + answer.late  # of two requests under way, the later may be stored first

    return call, channel.close


async def over_rest(port):
    """The same as HTTP/1.1 without a client library, which would be the slower of the two."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)

    async def call(request):
        head = f"POST {PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(request)}\r\n\r\n".encode() + request)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        text = await reader.readexactly(length)
        assert lines[0].startswith("http/1.1 200"), text
        answer = json.loads(text)
        return answer["accepted"] + answer["late"]

    async def close():
        writer.close()

    return call, close


async def _measure(door, port, rows, clients, requests):
    ready = [(message if door == "grpc" else body)(part) for part in values(rows, requests)]
    times: list[float] = []

    async def work(call):
        while ready:
            request = ready.pop(0)
            began = time.perf_counter()
            accepted = await call(request)
            assert accepted == rows, f"{accepted} of {rows} accepted"
            times.append((time.perf_counter() - began) * 1000)

    connect = over_grpc if door == "grpc" else over_rest
    calls, closes = zip(*[await connect(port) for _ in range(clients)], strict=True)
    for call in calls[:2]:
        await call(ready.pop(0))
    began = time.perf_counter()
    await asyncio.gather(*map(work, calls))
    took = time.perf_counter() - began
    for close in closes:
        await close()
    done = len(times)
    p99 = sorted(times)[int(done * 0.99)]
    return Writing(done * rows / took, done / took, statistics.median(times), p99)


if __name__ == "__main__":
    _door, *_rest = sys.argv[1:]
    print(json.dumps(vars(asyncio.run(_measure(_door, *map(int, _rest))))))
