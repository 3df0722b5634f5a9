"""What a page of the dashboard takes in Chromium: time until it tells, time of a frame, memory."""

import asyncio
import statistics
from dataclasses import dataclass
from itertools import pairwise

# Notes when the number of the hottest place is on the screen: the frame after the one that has it is drawn.
TELLS = """
  const look = () => {
    const text = document.querySelector('[data-testid=hottest-value]')?.textContent;
    if (text) requestAnimationFrame((at) => { window.told = { at: performance.now(), text } });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
# The least that a page can do: it asks for what is measured now, and shows one number.
LEAST = """
  addEventListener('DOMContentLoaded', async () => {
    const answer = await (await fetch('/api/v1/realtime/')).json();
    const values = answer.measurements.map((one) => one.metrics.pcv_temperature?.value ?? -99);
    const shown = document.createElement('p');
    shown.textContent = String(Math.max(...values));
    document.body.append(shown);
    const told = () => { window.told = { at: performance.now(), text: shown.textContent } };
    requestAnimationFrame(() => requestAnimationFrame(told));
  });
"""
FRAMES = """
  (seconds) => new Promise((done) => {
    const shown = () => document.querySelector('main')?.textContent;
    const frames = [], tasks = [], seen = new Set();
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
    observer.observe({ type: 'longtask' });
    const sampling = setInterval(() => seen.add(shown()), 500);
    const end = performance.now() + seconds * 1000;
    const step = (at) => {
      frames.push(at);
      if (at < end) return requestAnimationFrame(step);
      clearInterval(sampling);
      observer.disconnect();
      done({ frames, tasks, seen: seen.size });
    };
    requestAnimationFrame(step);
  })
"""


@dataclass(frozen=True, slots=True)
class Frames:
    """How a page drew; times in milliseconds.

    Attributes:
        seen: how many different texts the page had, of two looks a second.
    """

    median: float
    p95: float
    worst: float
    long_tasks: int
    seen: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds once garbage is collected: JavaScript's heap in MB, and nodes, attached or not."""

    at_s: float
    heap_mb: float
    nodes: int


async def frames(page, seconds):
    """Watches a page draw for some seconds."""
    seen = await page.evaluate(FRAMES, seconds)
    times = sorted(after - before for before, after in pairwise(seen["frames"]))
    p95 = times[int(len(times) * 0.95)]
    return Frames(statistics.median(times), p95, times[-1], len(seen["tasks"]), seen["seen"])


async def held_over(page, *, warm_up_s, minutes, every_s=30.0):
    """Returns what a page holds, after its warm-up and then again and again."""
    devtools = await page.context.new_cdp_session(page)
    loop = asyncio.get_running_loop()
    await asyncio.sleep(warm_up_s)
    began = loop.time()
    found = []
    while True:
        # What the first collection lets go of may free more.
        for _ in range(2):
            await devtools.send("HeapProfiler.collectGarbage")
        heap = await devtools.send("Runtime.getHeapUsage")
        counted = await devtools.send("Memory.getDOMCounters")
        at = loop.time() - began
        found.append(Held(at, heap["usedSize"] / 2**20, counted["nodes"]))
        if at >= minutes * 60:
            return found
        await asyncio.sleep(min(every_s, minutes * 60 - at + 0.1))


def growth(found):
    """How far the heap in MB and the nodes rose from the first look to the last, by straight lines through all."""
    moments = [held.at_s for held in found]
    span = moments[-1] - moments[0]
    heap = statistics.linear_regression(moments, [held.heap_mb for held in found]).slope * span
    nodes = statistics.linear_regression(moments, [held.nodes for held in found]).slope * span
    return heap, nodes
