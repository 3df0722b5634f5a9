"""Plans what is to be told whenever something happened to an alert, or when it is time.

An event is planned for once: it is marked in the transaction that puts its messages into the outbox. Any number of
replicas may plan; each leaves to the others the alerts that they have locked.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from services.alert.domain import ESCALATED, SILENCED, UNSHELVED, Alert
from services.alert.notify import digests, outbox, planning, records
from services.alert.notify.book import Book
from services.alert.notify.domain import key_of
from services.alert.notify.drafts import Draft
from services.alert.notify.planning import Plan, Telling, Told
from services.alert.notify.standstill import Standstills
from services.alert.notify.writing import Writing
from services.alert.writer import CHANNEL, Event, change_alerts
from services.common.clock import Clock
from services.common.notifications import ChannelFollower
from services.common.telemetry import tracing

log = logging.getLogger(__name__)

# An alert that somebody was changing is looked at again so soon.
SKIPPED_AGAIN_S = 0.05
# A step that takes longer is given up: its connection has gone without a word.
MOST_S = 35.0
SOONEST_S = 0.01
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


class Planner:
    """Follows the events.

    Args:
        database_url: the service's login, for a connection of its own.
        writing: writes the messages.
        clock: tells the time.
        on_planned: called when there is something to send.
    """

    def __init__(self, database_url: str, writing: Writing, clock: Clock, on_planned: Callable[[], None]) -> None:
        self._writing = writing
        self._clock = clock
        self._on_planned = on_planned
        self._book = Book()
        self._standstills = Standstills(writing)
        self._due_time: datetime | None = None
        self._sweep_time: datetime | None = None
        self._swept: list[int] = []
        self._digest_time: datetime | None = _UNKNOWN
        self._timer: asyncio.TimerHandle | None = None
        self._follower = ChannelFollower(database_url, CHANNEL, self._look, self._lost)

    async def run(self) -> None:
        """Follows until it is cancelled."""
        await self._follower.run()

    async def _lost(self) -> None:
        # What happened meanwhile is read anew, silences too.
        self._book = Book()
        self._standstills.lost()

    async def _look(self, connection: asyncpg.Connection) -> None:
        seconds = await self.work(connection)
        if self._timer is not None:
            self._timer.cancel()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(max(seconds, SOONEST_S), self._follower.wake)

    async def work(self, connection: asyncpg.Connection) -> float | None:
        """Does all that there is to do now; returns in how many seconds there will be more, None for never known."""
        skipped, more = 0, True
        while more:
            async with asyncio.timeout(MOST_S):
                count, skipped_now = await self._chunk(connection)
            skipped += skipped_now
            more = count > 0
            # Who waits for a digest does not wait for the end of a backlog, too.
            if not more or (self._digest_time is not None and self._clock() >= self._digest_time):
                await self._release(connection)
        now = self._clock()
        async with asyncio.timeout(MOST_S):
            if await self._standstills.look(connection, self._book, now):
                self._on_planned()
        times = [time for time in (self._due_time, self._digest_time, self._sweep_time) if time is not None]
        if skipped:
            times.append(now + timedelta(seconds=SKIPPED_AGAIN_S))
        return (min(times) - now).total_seconds() if times else None

    async def _release(self, connection: asyncpg.Connection) -> None:
        """Releases the digests for which there is room."""
        async with asyncio.timeout(MOST_S):
            made, self._digest_time = await digests.release(connection, self._book.by_id, self._writing, self._clock())
        if made:
            self._on_planned()

    async def _chunk(self, connection: asyncpg.Connection) -> tuple[int, int]:
        """Plans for some alerts in one transaction; returns for how many, and how many others had locked."""
        now = self._clock()
        look = await records.look(connection, now)
        self._due_time = look.due_time
        wanted = {*look.alert_ids, *self._swept[: records.CHUNK]}
        due = self._sweep_time is not None and now >= self._sweep_time
        # Most looks find nothing, and then leave no trace: the lock of the revision would be a write to disk.
        if not wanted and not due and look.revision == self._book.revision:
            return 0, 0
        async with connection.transaction():
            if await self._book.read(connection) or due:
                await self._sweep(connection, now)
                wanted.update(self._swept[: records.CHUNK])
            if not wanted:
                return 0, 0
            alerts = await records.lock(connection, sorted(wanted))
            plans = await self._plans(connection, alerts, now) if alerts else []
            released = await self._write(connection, plans, now)
        done = {alert.alert_id for alert in alerts}
        # Those that others had locked come again after the next look, or they would be asked for over and over.
        self._swept = self._swept[records.CHUNK :] + [i for i in self._swept[: records.CHUNK] if i not in done]
        if released:
            self._on_planned()
        return len(done), len(wanted) - len(done)

    async def _sweep(self, connection: asyncpg.Connection, now: datetime) -> None:
        """Finds the alerts for which a silence began or ended to hold."""
        found = set(await records.held_alerts(connection))
        for alert in await records.open_alerts(connection):
            holds = any(s.silences(alert, alert.alert_level) and s.holds_until(now) for s in self._book.silences)
            if holds != alert.silenced:
                found.add(alert.alert_id)
        self._swept = sorted(found)
        self._sweep_time = self._book.next_change(now)

    async def _plans(
        self, connection: asyncpg.Connection, alerts: list[Alert], now: datetime
    ) -> list[tuple[Alert, Plan]]:
        ids = [alert.alert_id for alert in alerts]
        happened = await records.happened(connection, ids)
        # Of an alert that is new nobody was told anything yet.
        told = await records.told(connection, [i for i in ids if not (i in happened and happened[i][0].event_seq == 1)])
        book = self._book
        return [
            (
                alert,
                planning.plan(
                    alert,
                    happened.get(alert.alert_id, []),
                    told.get(alert.alert_id, {}),
                    subscriptions=book.subscriptions,
                    silences=book.silences,
                    now=now,
                ),
            )
            for alert in alerts
        ]

    async def _write(self, connection: asyncpg.Connection, plans: list[tuple[Alert, Plan]], now: datetime) -> int:
        """Puts messages into the outbox, keeps what was told, and adds to the alerts' stories; returns how many."""
        told: dict[tuple[int, int], Told | None] = {}
        drafts = []
        for alert, plan in plans:
            told |= {(alert.alert_id, key): value for key, value in plan.told.items()}
            drafts += [self._draft(telling) for telling in plan.tellings]
            await _change(connection, alert, plan, now)
        if plans:
            await records.keep(connection, [alert.alert_id for alert, _ in plans], told)
        released, room = await outbox.put(connection, drafts, now) if drafts else (0, None)
        if room is not None:
            self._digest_time = min(self._digest_time or room, room)
        return released

    def _draft(self, telling: Telling) -> Draft:
        alert_id = telling.alert.alert_id
        key = key_of(*telling.subscription.address, alert_id, telling.occasion)
        content = self._writing.telling(telling)
        to, cause = telling.subscription, telling.cause
        about: dict[str, str | float] = {
            "montrg.alert_id": alert_id,
            "montrg.subscription_id": to.subscription_id,
            "montrg.cause": cause,
        }
        with (
            tracing.continued(telling.traceparent),
            tracing.span("create notification", about, kind=tracing.PRODUCER),
        ):
            trace = tracing.traceparent() or telling.traceparent
        return Draft(to, key, cause, content, alert_id, telling.event_seq, traceparent=trace)


async def _change(connection: asyncpg.Connection, alert: Alert, plan: Plan, now: datetime) -> None:
    """Writes what the plan does to the alert itself."""
    changes: dict[str, object] = {}
    events = []
    if plan.unshelved:
        changes |= {"shelved_until": None, "shelved_level": None}
        events.append(Event(alert.alert_id, UNSHELVED, now, note="a higher level ends the shelf"))
    if (plan.silenced is not None) != alert.silenced:
        changes["silenced"] = plan.silenced is not None
        events.append(_silenced(alert, plan, now))
    events += [
        Event(alert.alert_id, ESCALATED, now, actor=telling.subscription.title)
        for telling in plan.tellings
        if telling.cause == planning.ESCALATED
    ]
    if events:
        rows = [{"alert_id": alert.alert_id, **changes}] if changes else []
        await change_alerts(connection, list(changes), rows, events)


def _silenced(alert: Alert, plan: Plan, now: datetime) -> Event:
    silence = plan.silenced
    if silence is None:
        return Event(alert.alert_id, SILENCED, now, note="ended: no silence holds any more")
    return Event(
        alert.alert_id, SILENCED, now, actor=silence.author, note=f"silence {silence.silence_id}: {silence.reason}"
    )
