"""Sends what is in the outbox: each message at least once, with a key by which a second one is known.

A message is claimed for 30 s, sent, and marked. Whoever dies in between leaves it to the next, after the lease. Whoever
is stopped first hears what becomes of what is on its way, and gives back the rest.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.alert.notify.domain import Claimed, Due, Failure, retry_delay_s
from services.common.clock import Clock
from services.common.tasks import wait_for
from services.common.telemetry import tracing

log = logging.getLogger(__name__)

# So many recipients are sent to at once, of whom so many may be such as did not take a message lately: recipients that
# hang must not keep the others waiting, however many they are.
MOST_LANES, MOST_FAILING = 32, 16
# What others planned, or what they left when they died, is found by looking.
LOOK_EVERY_S = 1.0
SOONEST_S = 0.01
AWAY_S = 0.5
# A message is begun only while this much of the lease is left: more than any channel takes.
LEASE_S, LONGEST_S = 30.0, 18.0


class Channel(Protocol):
    """How messages are sent. None says that the recipient took it."""

    async def send(self, message: Claimed) -> Failure | None: ...


class Outbox(Protocol):
    """Where the messages are; see Claims."""

    async def claim(self, lanes: int, failing: int) -> list[list[Claimed]]: ...
    async def due(self) -> Due: ...
    async def release(self, messages: Sequence[Claimed]) -> None: ...
    async def mark_sent(self, message: Claimed, now: datetime) -> None: ...
    async def mark_failed(self, message: Claimed, failure: Failure, delay_s: float, now: datetime) -> None: ...


class Sender:
    """Sends until it is cancelled.

    Args:
        outbox: where the messages are.
        channels: how they are sent, by name.
        is_away: tells a database that cannot be reached from a mistake.
        clock: tells the time.
        grace_s: how long a sender that is cancelled waits for what is on its way.
        delay_s: how long to wait after so many failed tries.
    """

    def __init__(
        self, outbox: Outbox, channels: Mapping[str, Channel], is_away: Callable[[BaseException], bool], clock: Clock,
        *, grace_s: float, delay_s: Callable[[int], float] = retry_delay_s,
    ) -> None:  # fmt: skip
        self._outbox = outbox
        self._channels = channels
        self._is_away = is_away
        self._clock = clock
        self._grace_s = grace_s
        self._delay_s = delay_s
        self._is_stopping = False
        self._wake = asyncio.Event()
        self._is_due = False
        self._settled = asyncio.Condition()
        self._lanes = 0
        self._failing = 0

    def wake(self) -> None:
        """Says that there is something to send."""
        self._is_due = True
        self._wake.set()

    async def settled(self, seconds: float) -> None:
        """Returns when something became of some message, or after a time."""
        async with self._settled:
            await wait_for(self._settled.wait(), seconds)

    async def run(self) -> None:
        """Sends until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            try:
                await self._serve(group)
            except asyncio.CancelledError:
                self._is_stopping = True
                await wait_for(self._idle(), self._grace_s)
                raise

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            try:
                seconds = await self._claim(group)
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("outbox away", extra={"error": error})
                seconds = AWAY_S
            await wait_for(self._wake.wait(), seconds)

    async def _idle(self) -> None:
        """Returns when nothing is on its way."""
        while self._lanes:
            self._wake.clear()
            await self._wake.wait()

    async def _claim(self, group: asyncio.TaskGroup) -> float:
        """Begins to send to recipients that wait; returns in how many seconds to look again."""
        # Who was told that there is something need not ask. All others find nothing most times: a claim is dear.
        was_told, self._is_due = self._is_due, False
        due = Due(is_now=True, later_s=None) if was_told else await self._outbox.due()
        free = MOST_LANES - self._lanes
        if due.is_now and free > 0:
            for messages in await self._outbox.claim(free, max(0, MOST_FAILING - self._failing)):
                failing = any(message.attempts > 0 for message in messages)
                self._lanes += 1
                self._failing += failing
                group.create_task(self._lane(messages, failing=failing))
        if self._lanes:
            return LOOK_EVERY_S
        # What is due and was not claimed waits for something: to claim again at once would be in vain.
        later_s = (await self._outbox.due() if was_told else due).later_s
        return LOOK_EVERY_S if later_s is None else min(max(later_s, SOONEST_S), LOOK_EVERY_S)

    async def _lane(self, messages: Sequence[Claimed], *, failing: bool) -> None:
        """Sends to one recipient, one message after the other, until one is not taken."""
        began = time.monotonic()
        try:
            for n, message in enumerate(messages):
                if self._is_stopping or time.monotonic() - began > LEASE_S - LONGEST_S:
                    await self._outbox.release(messages[n:])
                    break
                if not await self._send(message):
                    await self._outbox.release(messages[n + 1 :])
                    break
        except Exception as error:
            # What was sent but not marked is sent again after the lease, with the same key.
            if not self._is_away(error):
                raise
            log.warning("outbox away", extra={"error": error})
        finally:
            self._lanes -= 1
            self._failing -= failing
            self._wake.set()

    async def _send(self, message: Claimed) -> bool:
        about: dict[str, str | int] = {
            "messaging.message.id": str(message.notification_id),
            "montrg.subscription_id": message.subscription_id,
            "montrg.channel": message.channel,
            "montrg.cause": message.cause,
            "montrg.attempt": message.attempts + 1,
        }
        with (
            tracing.continued(message.traceparent),
            tracing.span("send notification", about, kind=tracing.CONSUMER) as span,
        ):
            return await self._send_one(message, span)

    async def _send_one(self, message: Claimed, span: tracing.Span) -> bool:
        failure = await self._try(message)
        now = self._clock()
        if failure is None:
            await self._outbox.mark_sent(message, now)
        else:
            span.failed(failure.reason)
            log.warning(
                "message not taken",
                extra={
                    "notification_id": message.notification_id,
                    "channel": message.channel,
                    "error": failure.reason,
                },
            )
            await self._outbox.mark_failed(message, failure, self._delay_s(message.attempts + 1), now)
        async with self._settled:
            self._settled.notify_all()
        return failure is None

    async def _try(self, message: Claimed) -> Failure | None:
        try:
            return await self._channels[message.channel].send(message)
        except Exception as error:  # noqa: BLE001  one message that nobody foresaw must not keep all others from going
            # Its words may hold the address; its kind and place do not.
            kind = type(error).__name__
            where = _place(error)
            log.error("message not sent", extra={"notification_id": message.notification_id, "error": kind} | where)  # noqa: TRY400
            return Failure(f"an error of the sender ({kind}); see the log of the alert service")


def _place(error: BaseException) -> dict[str, str]:
    """Returns where an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return {} if trace is None else {"at": f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"}
