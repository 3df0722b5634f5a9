"""Lets others have the event loop while much is done at once."""

import asyncio

# The event loop is given a chance after so many things that are done one by one.
BREATH = 2_000


async def breathe(number: int) -> None:
    """Lets others have the event loop, now and again; `number` counts what has been done."""
    if number % BREATH == BREATH - 1:
        await asyncio.sleep(0)
