"""What it costs to see inside: a mesh with figures, which are asked for, and with a line a call, beside one without."""

import statistics
import threading
import time
from contextlib import contextmanager, nullcontext

import grpc

from services import catalog
from tests.bench.load import fetch, run_load
from tests.bench.mesh import REALTIME, bench_mesh
from tests.bench.snapshot import Limit
from tests.bench.writer import SENSORS, run_writer
from tests.support.directory import make_place, register

# A snapshot's rounds are shorter, and more.
ROUNDS, SNAPSHOT_ROUNDS = 11, 31
# Rows a request, requests under way at once, requests a round.
INGEST = ((1, 64, 1_500), (1_000, 4, 40))
SNAPSHOT_SENSORS = 1_000
SNAPSHOTS = 30
TARGET = 0.9
# Three times as often as Prometheus does by the configuration that there is.
SCRAPE_EVERY_S = 5.0
BLIND = {"MONTRG_METRICS": "off", "MONTRG_LOG_LEVEL": "WARNING"}


class Scraper:
    """Asks for the figures of everybody, as Prometheus does, as long as one of its blocks lasts."""

    def __init__(self, port):
        self._port = port
        self._left_s = SCRAPE_EVERY_S
        self.scrapes = 0

    @contextmanager
    def at_work(self):
        """Goes on where the last block ended: a round is shorter than the time between two looks."""
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _run(self, over):
        began = time.perf_counter()
        while not over.wait(self._left_s):
            for path in ("/stats/prometheus", *(f"/metrics?process={service.name}" for service in catalog.SERVICES)):
                fetch(self._port, path)
            self.scrapes += 1
            began, self._left_s = time.perf_counter(), SCRAPE_EVERY_S
        self._left_s = max(0.0, self._left_s - (time.perf_counter() - began))


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
        scraper = Scraper(seen.status_port)
        for rows, clients, requests in INGEST:
            rates = _take_turns(
                seen, blind, scraper, ROUNDS, lambda mesh, of=(rows, clients, requests): _rows(mesh, *of)
            )
            _add(table, f"ingest over grpc, {rows:,} a batch, seen into", "rows/s", *rates)
        for mesh in (seen, blind):
            await _seed(mesh)
        rates = _take_turns(seen, blind, scraper, SNAPSHOT_ROUNDS, _snapshots)
        _add(table, f"GET realtime/, {SNAPSHOT_SENSORS:,} sensors, seen into", "/s", *rates)
        assert scraper.scrapes > 0, "nobody looked: the ratios show nothing"


def _take_turns(seen, blind, scraper, rounds, measure):
    rates: dict[object, list[float]] = {seen: [], blind: []}
    spent: dict[object, list[float]] = {seen: [], blind: []}
    for number in range(rounds):
        for mesh in (seen, blind) if number % 2 else (blind, seen):
            with scraper.at_work() if mesh is seen else nullcontext():
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
