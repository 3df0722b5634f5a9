"""The dashboard in Chromium, with a thousand sensors: cold start, bytes, frames and memory."""

import asyncio
import gzip
import http.client
import statistics

from services.mesh.options import ROOT
from tests.bench.mesh import bench_mesh
from tests.bench.page import LEAST, TELLS, frames, growth, held_over
from tests.bench.pulse import Pulse
from tests.bench.sensors import SENSORS, seed
from tests.support.browser import MISSING, NAMES, running_browser
from tests.support.programs import program

DIST = ROOT / "services" / "dashboard" / "dist"
STARTS = 7
START_TARGET_MS = 1_500
BYTES_TARGET_KB = 250
FRAMES_S = 30
FRAME_TARGET_MS = 20
WARM_UP_S = 30
MINUTES = 5
# What a straight line through all looks may rise by in all; a wall screen is on for months.
HEAP_GROWTH_MB, NODES_GROWTH = 1.0, 50


async def measure_dashboard(table):
    """Rows of everything, or one that says why there are none."""
    if program(*NAMES) is None:
        table.add("the dashboard", f"skipped: {MISSING}")
        return
    with bench_mesh() as mesh:
        mesh.start()
        await seed(mesh)
        _measure_bytes(mesh, table)
        async with Pulse(mesh.grpc_port("realtime"), SENSORS) as pulse:
            await asyncio.to_thread(mesh.settle, SENSORS)
            await _measure_start(mesh, table)
            async with running_browser() as browser:
                assert browser is not None
                await _measure_frames(mesh, table, browser)
                await _measure_memory(mesh, table, browser)
            stored = await pulse.stored()
        table.add("  readings stored meanwhile", f"{stored:,}")


def _measure_bytes(mesh, table):
    """Script and style as Envoy sends them to who reads gzip, which over plain HTTP is all that browsers ask for."""
    paths = sorted(path for path in DIST.rglob("*") if path.suffix in {".js", ".css"})
    sent = {way: sum(_sent(mesh, path, way) for path in paths) / 1000 for way in ("gzip", "br")}
    limit = sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths) / 1000
    met = sent["gzip"] < BYTES_TARGET_KB
    table.add("script and style of all pages, gzip", f"{sent['gzip']:.0f} kB", f"{limit:.0f} kB",
              sent["gzip"] / limit, f"< {BYTES_TARGET_KB} kB", met=met)  # fmt: skip
    table.add("  the same, brotli", f"{sent['br']:.0f} kB")


def _sent(mesh, path, way):
    connection = http.client.HTTPConnection("127.0.0.1", mesh.gateway_port, timeout=30)
    connection.request("GET", f"/{path.relative_to(DIST)}", headers={"accept-encoding": way})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    # Envoy leaves the smallest as they are.
    assert answer.status == 200, path
    assert answer.getheader("content-encoding") == way or len(body) < 1_000, path
    return len(body)


async def _measure_start(mesh, table):
    """Each time in a browser that has seen nothing, and beside it one that shows one number of the same."""
    loop = asyncio.get_running_loop()
    times: dict[str, list[float]] = {"page": [], "least": []}
    loaded = 0
    for _ in range(STARTS):
        for name, path, script in (("least", "settings.json", LEAST), ("page", "", TELLS)):
            async with running_browser() as browser:
                page = await browser.new_page()
                await page.add_init_script(script)
                began = loop.time()
                await page.goto(f"http://127.0.0.1:{mesh.gateway_port}/{path}", wait_until="commit")
                told = await (await page.wait_for_function("() => window.told")).json_value()
                assert told["at"] / 1000 <= loop.time() - began, told
                assert float(told["text"]) > 0, told
                times[name].append(told["at"])
                if name == "page":
                    loaded = await page.evaluate(_LOADED)
    page_ms, least_ms = (statistics.median(times[name]) for name in ("page", "least"))
    table.add("  of it what the first page takes", f"{loaded / 1000:.0f} kB")
    table.add(f"cold start until the hottest of {SENSORS:,} shows", f"{page_ms:.0f} ms", f"{least_ms:.0f} ms",
              page_ms / least_ms, f"< {START_TARGET_MS / 1000:.1f} s", met=page_ms < START_TARGET_MS)  # fmt: skip


_LOADED = """() => performance.getEntriesByType('resource').filter((one) => /[.](js|css)$/.test(one.name))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


async def _measure_frames(mesh, table, browser):
    """Beside them are those of a page that shows nothing, in the same browser under the same load."""
    empty = await browser.new_page()
    least = await frames(empty, FRAMES_S / 3)
    await empty.close()
    page = await opened(mesh, browser)
    drawn = await frames(page, FRAMES_S)
    await page.close()
    assert drawn.seen > FRAMES_S / 2, f"the page did not follow: {drawn}"
    table.add(f"a frame with {SENSORS:,} sensors each second", f"{drawn.median:.1f} ms", f"{least.median:.1f} ms",
              drawn.median / least.median, f"< {FRAME_TARGET_MS} ms", met=drawn.median < FRAME_TARGET_MS)  # fmt: skip
    table.add("  its p95 and worst", f"{drawn.p95:.1f}, {drawn.worst:.1f} ms", f"{least.p95:.1f}, {least.worst:.1f} ms")
    table.add(f"  tasks of more than 50 ms in {FRAMES_S} s", f"{drawn.long_tasks}", f"{least.long_tasks}")


async def _measure_memory(mesh, table, browser):
    page = await opened(mesh, browser)
    found = await held_over(page, warm_up_s=WARM_UP_S, minutes=MINUTES)
    await page.close()
    heap, nodes = growth(found)
    first, last = found[0], found[-1]
    table.add(f"heap of the page over {MINUTES} minutes", f"{first.heap_mb:.1f} to {last.heap_mb:.1f} MB")
    table.add("  its growth, by a line through all", f"{heap:+.2f} MB",
              target=f"< {HEAP_GROWTH_MB:.0f} MB", met=heap < HEAP_GROWTH_MB)  # fmt: skip
    table.add("  nodes of the page, and their growth", f"{last.nodes:,}, {nodes:+.0f}",
              target=f"< {NODES_GROWTH}", met=nodes < NODES_GROWTH)  # fmt: skip


async def opened(mesh, browser):
    """The page Now, which is live."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"http://127.0.0.1:{mesh.gateway_port}/")
    await page.wait_for_selector(".chip[data-state=live]")
    return page
