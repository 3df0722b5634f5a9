"""Writes a reading of each sensor every second, over gRPC and in a process of its own, for as long as it is wanted.

`python -m tests.bench.pulse <port> <sensors> <seed>` prints how many readings were stored once its input ends. What a
server that is away did not take is not written again: a sensor goes on with what it measures then.
"""

import asyncio
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
# Gateways send on their own beats: a second's readings do not come at once.
BEATS = 10
# One of so many sensors stands where it is too hot.
HOT_OF = 50


class Pulse:
    """The process, until the block ends."""

    def __init__(self, port, sensors, seed=0):
        self._process: Any
        self._argv = [sys.executable, "-m", "tests.bench.pulse", str(port), str(sensors), str(seed)]

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._argv, cwd=ROOT, stdin=pipe, stdout=pipe)
        return self

    async def stored(self):
        """Ends it; returns how many readings were stored."""
        self._process.stdin.close()
        async with asyncio.timeout(60):
            return int(await self._process.stdout.readline())

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def sensor(number):
    """The name of a sensor, from 0 on."""
    return f"beat-{number:04d}"


def warmth(number, chance):
    """What a sensor measures, in °C; `chance` is from 0 to 1."""
    return (36 + number / 250 if number % HOT_OF == 0 else 22 + number * 37 % 70 / 10) + chance * 0.3


async def _pulse(port, sensors, seed):
    chance = random.Random(seed)
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    loop = asyncio.get_running_loop()
    began, beat, stored = loop.time(), 0, 0
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ingest = ingest_service_pb2_grpc.IngestServiceStub(channel)
        while not over.done():
            request = ingest_service_pb2.WriteReadingsRequest()
            for number in range(beat % BEATS, sensors, BEATS):
                temperature = round(warmth(number, chance.random()), 2)
                reading = request.readings.add(sensor_id=sensor(number), temperature=temperature, humidity=55)
                reading.capture_time.FromDatetime(datetime.now(UTC))
            try:
                stored += (await ingest.WriteReadings(request, timeout=10)).accepted
            except grpc.aio.AioRpcError as error:
                print(error.code(), error.details(), file=sys.stderr)
            beat += 1
            # Beats that were missed are left out, as a sensor's are.
            beat = max(beat, int((loop.time() - began) * BEATS))
            await asyncio.sleep(began + beat / BEATS - loop.time())
    print(stored, flush=True)


if __name__ == "__main__":
    asyncio.run(_pulse(*map(int, sys.argv[1:])))
