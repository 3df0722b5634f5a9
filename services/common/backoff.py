"""How long to wait before something that failed is tried again."""

import asyncio
import random

FIRST_S = 0.1
MOST_S = 5.0


class Backoff:
    """Waits twice as long after each failure in a row, up to 5 s.

    Up to half of it is left to chance: replicas that lost the same neighbour must not all come back in one moment.
    """

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def reset(self) -> None:
        """Begins anew, after something worked."""
        self._next_s = FIRST_S

    async def wait(self) -> None:
        """Waits."""
        seconds = self._next_s * random.uniform(0.5, 1.0)  # noqa: S311  no secret depends on it
        self._next_s = min(MOST_S, 2 * self._next_s)
        await asyncio.sleep(seconds)
