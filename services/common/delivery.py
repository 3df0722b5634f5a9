"""Sends what waits in an outbox until nothing is left, then waits for more: the loop that every sender has."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.common.backoff import Backoff
from services.common.errors import UnavailableError
from services.common.tasks import wait_for

log = logging.getLogger(__name__)

# Nobody waits for what is delivered, and each part that is sent has its price beside what is in it.
PAUSE_S = 0.25
# A notification can be lost, and a replica that held something can be killed.
LOOK_EVERY_S = 5.0
# How long what is refused is left aside, so that it keeps nothing else waiting.
ASIDE_S = 60.0


class Delivery:
    """Runs a sender.

    Args:
        what: what waits and for whom, such as `events wait for the history`.
        send: sends a part; returns how much is done with for now. UnavailableError says that the neighbour is away.
        is_away: tells an outbox that cannot be reached from a mistake.
    """

    def __init__(self, what: str, send: Callable[[], Awaitable[int]], is_away: Callable[[BaseException], bool]) -> None:
        self._what = what
        self._send = send
        self._is_away = is_away
        self._wake = asyncio.Event()
        self._says_away = False

    def wake(self) -> None:
        """Says that there may be something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Sends until it is cancelled; what is away is tried again, less and less often, up to every 5 s."""
        backoff = Backoff()
        while True:
            self._wake.clear()
            try:
                sent = await self._send()
            except Exception as error:
                if not (isinstance(error, UnavailableError) or self._is_away(error)):
                    raise
                self._say_away(error)
                await backoff.wait()
                continue
            if sent:
                backoff.reset()
                self._says_away = False
            else:
                await wait_for(self._wake.wait(), LOOK_EVERY_S)
                await asyncio.sleep(PAUSE_S)

    def _say_away(self, error: BaseException) -> None:
        """Logs once that something waits, not at each attempt."""
        if not self._says_away:
            log.warning(self._what, extra={"error": str(error)})
        self._says_away = True


class Aside:
    """What is refused, by its number, for as long as it is not tried again."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def put(self, key: int) -> None:
        """Leaves something aside for a while."""
        self._until[key] = asyncio.get_running_loop().time() + ASIDE_S

    def now(self) -> list[int]:
        """Returns what is left aside now."""
        now = asyncio.get_running_loop().time()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return list(self._until)
