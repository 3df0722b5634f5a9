"""A page that is on for long, as on a wall, holds no more after half an hour than before, though realtime is killed.

`make soak` runs this; MONTRG_SOAK_MINUTES is how long. `make bench` has the same for five minutes without kills.
"""

import asyncio
import contextlib
import random
import signal

import pytest
from playwright.async_api import expect

from tests.bench.dashboard import HEAP_GROWTH_MB, NODES_GROWTH, WARM_UP_S, opened
from tests.bench.mesh import bench_mesh
from tests.bench.page import growth, held_over
from tests.bench.pulse import Pulse
from tests.bench.sensors import SENSORS, seed
from tests.support.soak import MINUTES, SEED

BETWEEN_S = (60, 180)
# A busy machine and kills take the rest.
LEAST_READINGS_SHARE = 0.5


async def _kill_now_and_then(mesh):
    chance = random.Random(SEED)
    while True:
        await asyncio.sleep(chance.uniform(*BETWEEN_S))
        mesh.signal("realtime", signal.SIGKILL)


@pytest.mark.timeout((MINUTES + 10) * 60)
async def test_a_page_that_is_on_for_long_holds_no_more_than_at_first(browser):
    with bench_mesh() as mesh:
        mesh.start()
        await seed(mesh)
        async with Pulse(mesh.grpc_port("realtime"), SENSORS, SEED) as pulse:
            await asyncio.to_thread(mesh.settle, SENSORS)
            page = await opened(mesh, browser)
            killing = asyncio.create_task(_kill_now_and_then(mesh))
            found = await held_over(page, warm_up_s=WARM_UP_S, minutes=MINUTES)
            killing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killing
            stored = await pulse.stored()
            await expect(page.locator(".chip[data-state]")).to_have_attribute("data-state", "live")
    heap, nodes = growth(found)
    print(f"{found[0].heap_mb:.1f} MB and {heap:+.2f}, {found[0].nodes} nodes and {nodes:+.0f}, {stored:,} readings")
    assert stored > LEAST_READINGS_SHARE * SENSORS * MINUTES * 60
    assert heap < HEAP_GROWTH_MB
    assert nodes < NODES_GROWTH
