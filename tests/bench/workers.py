"""What a second worker of each service brings: reads a second beside a mesh with one, turn by turn.

Two workers, Envoy and the load client keep four cores busy. Where fewer are free the ratio only informs.
"""

import asyncio
import os
import statistics

import psutil  # type: ignore[import-untyped, unused-ignore]

from tests.bench.load import run_load
from tests.bench.mesh import REALTIME, bench_mesh
from tests.bench.snapshot import Limit

ROUNDS = 5
SECONDS = 1.5
CONNECTIONS = 16
SENSORS = 100
LEAST = 1.5
# Not four: the meshes look after themselves a little, too.
FREE_CORES = 3.5
# The list with a query, since Envoy keeps the one without and then asks no worker at all.
READS = {
    "thresholds": ("/api/v1/thresholds/?limit=100", "GET thresholds/?limit=100"),
    "realtime": (REALTIME, f"GET realtime/, {SENSORS} sensors"),
}


async def measure_workers(table):
    """Adds a row for each kind of read."""
    with bench_mesh() as one, bench_mesh(MONTRG_WORKERS="2") as two:
        for mesh in (one, two):
            mesh.start()
            await _seed(mesh)
        cores = len(os.sched_getaffinity(0))
        free = cores * (1 - psutil.cpu_percent(interval=2) / 100)
        judged = free >= FREE_CORES
        room = f"{free:.1f} of {cores} cores free"
        for name, (path, title) in READS.items():
            ports = one.rest_port(name), two.rest_port(name)
            _measure(table, f"{title}, 2 workers to 1, {room}", ports, path, judged=judged)


async def _seed(mesh):
    limit = await Limit.connect(mesh.admin_url)
    try:
        await limit.seed(SENSORS, mesh.rest_port("realtime"))
    finally:
        await limit.close()
    await asyncio.to_thread(mesh.settle, SENSORS)


def _measure(table, name, ports, path, *, judged):
    found: dict[int, list[float]] = {port: [] for port in ports}
    for _ in range(ROUNDS):
        for port, loads in found.items():
            loads.append(run_load(port, path, connections=CONNECTIONS, seconds=SECONDS).per_second)
    first, second = (statistics.median(loads) for loads in found.values())
    ratio = second / first
    target = {"target": f">= {LEAST:.2f}", "met": ratio >= LEAST} if judged else {}
    table.add(name, f"{second:,.0f}/s", f"{first:,.0f}/s", ratio, **target)
