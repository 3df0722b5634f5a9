"""What it costs to see inside: a mesh with figures, which are asked for, and with a line a call, beside one without."""

import statistics
import threading
import time
from contextlib import contextmanager, nullcontext

import grpc

from tests.bench.load import fetch, run_load
from tests.bench.mesh import REALTIME, bench_mesh
from tests.bench.snapshot import Limit
from tests.bench.writer import SENSORS, run_writer
from tests.support.directory import make_place, register

ROUNDS = 7
# Rows a request, requests under way at once, requests a round.
INGEST = ((1, 64, 1_500), (1_000, 4, 60))
SNAPSHOT_SENSORS = 1_000
SNAPSHOTS = 30
TARGET = 0.9
# Fifteen times as often as Prometheus does.
SCRAPE_EVERY_S = 1.0
BLIND = {"MONTRG_METRICS": "off", "MONTRG_LOG_LEVEL": "WARNING"}


@contextmanager
def _scraped(port):
    """Asks for realtime's figures until the block ends."""
    over = threading.Event()

    def scrape():
        while not over.wait(SCRAPE_EVERY_S):
            fetch(port, "/metrics?process=realtime")

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def _prepare(mesh):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        await make_place(channel)
        await register(channel, *(f"bench-{number:03d}" for number in range(SENSORS)), interval_s=3600)


async def _seed(mesh):
    limit = await Limit.connect(mesh.admin_url)
    await limit.seed(SNAPSHOT_SENSORS, mesh.rest_port("realtime"))
    await limit.close()
    mesh.settle(SNAPSHOT_SENSORS)


def _rows(mesh, rows, clients, requests):
    port = mesh.rest_port("realtime")
    return run_writer("grpc", port, rows=rows, clients=clients, requests=requests + 2).rows_per_second


def _snapshots(mesh):
    port = mesh.rest_port("realtime")
    return run_load(port, REALTIME, connections=1, seconds=60, most=SNAPSHOTS).per_second


async def measure_observing(table):
    """Rows and snapshots a second of both, which take turns; each begins every other round.

    Beside them is the processor time that realtime takes for the same work, which no other program's load changes.
    """
    with bench_mesh() as seen, bench_mesh(**BLIND) as blind:
        for mesh in (seen, blind):
            mesh.start()
            await _prepare(mesh)
        time.sleep(2)
        for rows, clients, requests in INGEST:
            rates = _take_turns(seen, blind, lambda mesh, of=(rows, clients, requests): _rows(mesh, *of))
            _add(table, f"ingest over grpc, {rows:,} a batch, seen into", "rows/s", *rates)
        for mesh in (seen, blind):
            await _seed(mesh)
        rates = _take_turns(seen, blind, _snapshots)
        _add(table, f"GET realtime/, {SNAPSHOT_SENSORS:,} sensors, seen into", "/s", *rates)


def _take_turns(seen, blind, measure):
    rates: dict[object, list[float]] = {seen: [], blind: []}
    spent: dict[object, list[float]] = {seen: [], blind: []}
    for number in range(ROUNDS):
        for mesh in (seen, blind) if number % 2 else (blind, seen):
            with _scraped(mesh.status_port) if mesh is seen else nullcontext():
                before, _ = mesh.spent("realtime")
                rates[mesh].append(measure(mesh))
                spent[mesh].append(mesh.spent("realtime")[0] - before)
    return rates[seen], rates[blind], sum(spent[seen]), sum(spent[blind])


def _add(table, name, unit, seen, blind, seen_s, blind_s):
    # Each round beside its own, since the machine is not equally quick all the time.
    ratio = statistics.median(one / other for one, other in zip(seen, blind, strict=True))
    subject, limit = statistics.median(seen), statistics.median(blind)
    shown = (f"{subject:,.0f} {unit}", f"{limit:,.0f} {unit}")
    table.add(name, *shown, ratio, f">= {TARGET:.2f}", met=ratio >= TARGET)
    table.add("  processor time of realtime for it", f"{seen_s:.1f} s", f"{blind_s:.1f} s", seen_s / blind_s)
