"""Runs the source of a stream beside its reader, a little ahead of it, and ends it when the reader does not keep up."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from services.common.errors import ExhaustedError, UnavailableError
from services.common.tasks import wait_for

T = TypeVar("T")


async def read_ahead(
    source: AsyncGenerator[T, None], *, items: int, patience_s: float, longest_s: float
) -> AsyncGenerator[T, None]:
    """Yields what the source yields.

    What the source holds, such as a snapshot of the database, it holds for `longest_s` at most, and not for longer than
    `patience_s` after the reader has last taken an item: it is closed then, and the reader told so when it comes back.

    Args:
        source: is run in a task of its own, and closed in it.
        items: how many are made before they are asked for.
        patience_s: how long one who takes nothing is waited for.
        longest_s: how long all of it may take.
    """
    made: asyncio.Queue[T | _End] = asyncio.Queue()  # `room` bounds it, so that there always is place for the end
    room = asyncio.Semaphore(items)

    async def run() -> None:
        async with asyncio.timeout(longest_s), aclosing(source):
            async for item in source:
                made.put_nowait(item)
                if not await wait_for(room.acquire(), patience_s):
                    message = f"nothing of this stream was read for {patience_s:g} s; ask again, and read on"
                    raise UnavailableError(message, "READER_TOO_SLOW")

    async def end() -> None:
        try:
            await run()
        except TimeoutError:
            message = f"this would take more than {longest_s:g} s; ask for a shorter range"
            made.put_nowait(_End(ExhaustedError(message, "RANGE_TOO_LONG")))
        except Exception as error:  # noqa: BLE001  the reader raises it, after the last item
            made.put_nowait(_End(error))
        else:
            made.put_nowait(_End(None))

    task = asyncio.create_task(end())
    try:
        while not isinstance(item := await made.get(), _End):
            yield item
            room.release()
        if item.error is not None:
            raise item.error
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _End:
    def __init__(self, error: Exception | None) -> None:
        self.error = error
