"""Gathers what arrives together into one transaction, and lets no more wait than can be stored soon."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.common.errors import DomainError, ExhaustedError
from services.common.telemetry import tracing
from services.realtime.ingest import figures
from services.realtime.ingest.columns import SentRows
from services.realtime.ingest.domain import Outcomes

log = logging.getLogger(__name__)

# While one waits for the disk, another one decodes: a third finds neither a core nor the log's lock free.
WRITERS = 2
GROUP_ROWS = 10_000

Store = Callable[[Sequence[SentRows]], Awaitable[Sequence[Outcomes]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    rows: SentRows
    answer: asyncio.Future[Outcomes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class WriteQueue:
    """Hands batches to `store`, several at once where several wait.

    Nothing is delayed for the sake of a larger group: what arrives while the writers are busy makes the next one.
    """

    def __init__(self, store: Store, is_away: Callable[[BaseException], bool], waiting_rows: int) -> None:
        self._store = store
        self._is_away = is_away
        self._most = waiting_rows
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._arrived = asyncio.Condition()

    async def write(self, rows: SentRows) -> Outcomes:
        """Returns the outcomes once the rows are stored; with too many waiting it is ExhaustedError at once."""
        if self._waiting and self._rows + len(rows) > self._most:
            figures.BUSY.inc()
            message = (
                f"{self._rows} readings wait to be stored, more than can be soon; send the batch again in a second"
            )
            raise ExhaustedError(message, "INGEST_BUSY")
        waiting = _Waiting(rows)
        async with self._arrived:
            self._waiting.append(waiting)
            self._count(len(rows))
            self._arrived.notify()
        return await waiting.answer

    async def run(self) -> None:
        """Stores what waits until it is cancelled."""
        await asyncio.gather(*(self._write() for _ in range(WRITERS)))

    async def _write(self) -> None:
        while True:
            async with self._arrived:
                await self._arrived.wait_for(lambda: self._waiting)
                group = self._next_group()
            await self._answer(group)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        rows = 0
        while self._waiting and (not group or rows + len(self._waiting[0].rows) <= GROUP_ROWS):
            waiting = self._waiting.popleft()
            self._count(-len(waiting.rows))
            if not waiting.answer.cancelled():  # its caller has gone before anything was stored
                group.append(waiting)
                rows += len(waiting.rows)
        return group

    def _count(self, rows: int) -> None:
        self._rows += rows
        figures.WAITING.set(self._rows)

    async def _answer(self, group: list[_Waiting]) -> None:
        if not group:
            return
        try:
            with _told(group):
                outcomes = await self._store([waiting.rows for waiting in group])
        except Exception as error:  # noqa: BLE001  whatever it is, each caller gets it, and the table of statuses judges
            await self._fail(group, error)
            return
        figures.count(outcomes)
        for waiting, outcome in zip(group, outcomes, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(outcome)

    async def _fail(self, group: list[_Waiting], error: Exception) -> None:
        """Passes the error on; one that a single batch may have caused is found out by storing each alone."""
        if len(group) > 1 and not self._is_away(error) and not isinstance(error, DomainError):
            log.warning("a group failed; storing its batches one by one", exc_info=error)
            for waiting in group:
                await self._answer([waiting])
            return
        figures.FAILED.inc(len(group))
        for waiting in group:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)


@contextmanager
def _told(group: Sequence[_Waiting]) -> Iterator[None]:
    """Tells what storing a group takes in the trace of the first call of it that is traced, for the others, too."""
    traces = [waiting.rows.traceparent for waiting in group if waiting.rows.traceparent]
    batches = {"messaging.batch.message_count": len(group)}
    with tracing.continued(traces[0] if traces else ""), tracing.span("store readings", batches, links=traces[1:]):
        yield
