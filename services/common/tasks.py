"""Background work of a service: started together, cancelled together, and never dead in silence."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

log = logging.getLogger(__name__)

RETRY_S = 15.0


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the coroutines beside the body and cancels them after it.

    Work that fails ends the process in order: its supervisor starts a whole one, which is safer than a service
    that goes on answering without it.
    """
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(seconds: float, work: Callable[[], Awaitable[None]], is_away: Callable[[BaseException], bool]) -> None:
    """Does the work again and again, until it is cancelled; what is away is tried again soon."""
    while True:
        try:
            await work()
        except Exception as error:
            if not is_away(error):
                raise
            await asyncio.sleep(RETRY_S)
        else:
            await asyncio.sleep(seconds)


async def wait_for(awaitable: Awaitable[object], seconds: float) -> bool:
    """Waits, but not for longer than so many seconds; tells whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return False
    return True


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("background work failed; stopping", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)
