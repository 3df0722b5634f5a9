"""Sends what happens to alerts to the history: each event at least once, those of an alert in their order.

One replica at a time sends for a shard of the alerts. Events are marked when the history has said that it has them;
whoever is killed before that leaves them to be sent again, and the history knows them by their event_seq.
"""

import logging
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Protocol

from services.alert.history.domain import GapError, RefusedError, StoredEvent, first_part
from services.common.delivery import Aside, Delivery
from services.common.errors import field_of
from services.common.telemetry import tracing

log = logging.getLogger(__name__)

MOST_EVENTS = 500


class Taken(Protocol):
    """Undelivered events of one shard, which nobody else sends meanwhile."""

    @property
    def events(self) -> Sequence[StoredEvent]: ...
    async def mark(self, events: Sequence[StoredEvent]) -> None: ...


class Outbox(Protocol):
    """Where events wait. A failure raises what `is_away` knows."""

    async def waiting_shards(self) -> Sequence[int]: ...
    def take(
        self, shard: int, most: int, without: Collection[int], only: int | None
    ) -> AbstractAsyncContextManager[Taken | None]: ...
    async def rewind(self, alert_id: int, last_event_seq: int) -> int | None: ...


class History(Protocol):
    """The neighbour. GapError and RefusedError say what it does not take, UnavailableError that it is away."""

    async def append(self, events: Sequence[StoredEvent], *, allow_gaps: bool) -> None: ...


class HistorySender:
    """Delivers events until it is cancelled."""

    def __init__(self, outbox: Outbox, history: History, is_away: Callable[[BaseException], bool]) -> None:
        self._outbox = outbox
        self._history = history
        self._with_gaps: set[int] = set()  # alerts of which events exist no more that the history has not
        self._aside = Aside()  # alerts whose events are refused
        self._last_gap: tuple[int, int] | None = None
        self._delivery = Delivery("events wait for the history", self._send_all, is_away)
        self.wake = self._delivery.wake
        self.run = self._delivery.run

    async def _send_all(self) -> int:
        """Sends a part of every shard that has events waiting; returns how many there were."""
        shards = list(await self._outbox.waiting_shards())
        random.shuffle(shards)  # replicas should not all want the same one first
        return sum([await self._send(shard) for shard in shards])

    async def _send(self, shard: int, only: int | None = None) -> int:
        """Sends a part of a shard, or of one alert; returns how many events are done with for now."""
        async with self._taken(shard, only) as taken:
            if taken is None or not taken.events:
                return 0
            events, allow_gaps = first_part(taken.events, self._with_gaps)
            with _told(events):
                problem = await self._append(events, allow_gaps=allow_gaps)
            if problem is None:
                await taken.mark(events)
        # Outside of the transaction, which holds the shard.
        if isinstance(problem, GapError) and (problem.alert_id, problem.last_event_seq) != self._last_gap:
            await self._go_back(problem)
        elif problem is not None:
            return await self._sort_out(shard, events, problem)
        elif allow_gaps:
            self._with_gaps.discard(events[0].alert_id)
        return len(events)

    async def _append(self, events: Sequence[StoredEvent], *, allow_gaps: bool) -> GapError | RefusedError | None:
        try:
            await self._history.append(events, allow_gaps=allow_gaps)
        except (GapError, RefusedError) as problem:
            return problem
        self._last_gap = None
        return None

    @asynccontextmanager
    async def _taken(self, shard: int, only: int | None) -> AsyncIterator[Taken | None]:
        async with self._outbox.take(shard, MOST_EVENTS, self._aside.now(), only) as taken:
            yield taken

    async def _go_back(self, gap: GapError) -> None:
        """Has an alert's events sent again from where the history has them, as far as they are still there."""
        self._last_gap = (gap.alert_id, gap.last_event_seq)
        first = await self._outbox.rewind(gap.alert_id, gap.last_event_seq)
        is_gone = first is not None and first > gap.last_event_seq + 1
        if is_gone:
            self._with_gaps.add(gap.alert_id)
        values = {"alert_id": gap.alert_id, "last_event_seq": gap.last_event_seq, "missing": is_gone}
        log.warning("history is behind", extra=values)

    async def _sort_out(self, shard: int, events: Sequence[StoredEvent], problem: GapError | RefusedError) -> int:
        """Finds the alert whose events are refused, and leaves it aside for a while."""
        alerts = list(dict.fromkeys(event.alert_id for event in events))
        if len(alerts) > 1:
            return sum([await self._send(shard, only=alert_id) for alert_id in alerts])
        log.error("history refuses events", extra={"alert_id": alerts[0], "field": field_of(str(problem))})
        self._aside.put(alerts[0])
        return len(events)


@contextmanager
def _told(events: Sequence[StoredEvent]) -> Iterator[None]:
    """Tells a delivery in the trace of the first event of it that is traced, for the others, too."""
    traces = list(dict.fromkeys(event.traceparent for event in events if event.traceparent))
    counted = {"messaging.batch.message_count": len(events)}
    with (
        tracing.continued(traces[0] if traces else ""),
        tracing.span("send events to the history", counted, kind=tracing.PRODUCER, links=traces[1:]),
    ):
        yield
