"""Transactions that lock the same rows wait for each other, and never in a circle."""

import asyncio
import random

from services.alert import writer
from services.alert.evaluate import store
from services.alert.evaluate.journal import Episode, Journal
from services.alert.evaluate.table import Table
from services.alert.evaluate.watch import OpenAlert
from services.alert.history.domain import StoredEvent
from services.alert.history.repository import SqlOutbox, TakenEvents
from services.alert.notify import records
from services.alert.notify.claims import Claims
from services.common.reading_log import shard_of
from tests.support.mesh import eventually
from tests.support.notifying import changed, new_alert, raised, subscription
from tests.support.soak import SEED

ROUNDS = 40
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

_OF_DIGEST = "SELECT notification_id FROM alert.notification WHERE release_time IS NULL ORDER BY notification_id"
_TAKE = "SELECT FROM alert.notification WHERE notification_id = $1 FOR UPDATE"


async def test_who_judges_locks_the_alerts_that_were_ended_by_hand_together_with_its_own(connection, database):
    """Somebody who tells on both alerts comes between what it has seen and what it writes."""
    low, high = await raised(connection), await raised(connection, sensor_id="S-2")
    await changed(connection, high.alert_id, "resolved", state="CLEARED", unseen=True)
    table, journal = Table(), Journal()
    table.load(shard_of("S-2"), [])
    journal.episodes = [Episode("S-1", "temperature", OpenAlert(low.alert_id, 3, 3), fields={"peak_value": 36.0})]

    async def tell():
        async with database.driver() as other:
            await writer.lock_alerts(other, [low.alert_id, high.alert_id])

    async with database.driver() as judge:
        _, seen = await store.see(judge, table)
        telling = asyncio.create_task(tell())

        async def met():
            return telling.done() or await connection.fetchval(_WAITS)

        await eventually(met)
        await store.write(judge, journal, table, 1, shown=(), seen=seen)
    await telling
    rows = await connection.fetch("SELECT peak_value, unseen FROM alert.alert ORDER BY alert_id")
    assert [tuple(row) for row in rows] == [(36.0, False), (35.25, False)]


async def test_who_plans_and_who_delivers_mark_the_same_events(connection, database):
    chance = random.Random(SEED)
    async with connection.transaction():
        alerts = await writer.raise_alerts(connection, [new_alert(sensor_id=f"S-{n}") for n in range(300)])
    ids = [alert.alert_id for alert in alerts]
    names = ", ".join(f"{name}::text" if name == "event_id" else name for name in StoredEvent.__slots__)
    events = [StoredEvent(*row) for row in await connection.fetch(f"SELECT {names} FROM alert.alert_event")]

    async def plan():
        async with database.driver() as one:
            await records.keep(one, ids, {})

    async def deliver():
        async with database.driver() as two:
            await TakenEvents(two, events).mark(chance.sample(events, len(events)))

    for _ in range(ROUNDS):
        await asyncio.gather(plan(), deliver(), SqlOutbox(database).rewind(ids[0], 0))
        assert await connection.fetchval("SELECT count(*) FROM alert.alert_event WHERE planned") == len(ids)
        await connection.execute("UPDATE alert.alert_event SET planned = false, delivered = false")
    assert await _deadlocks(connection) == 0


async def test_who_sends_and_who_changes_the_recipient_want_the_same_messages(connection, database, outbox):
    chance = random.Random(SEED)
    claims = Claims(database)
    await outbox.to("http://127.0.0.1:1/a")
    await outbox.put(20)
    kept = outbox.kept.subscription_id

    async def send():
        for messages in await claims.claim(5, 5):
            await claims.release(chance.sample(messages, len(messages)))

    for n in range(ROUNDS):
        new = subscription(kept, recipient=f"http://127.0.0.1:1/{n}")
        change = outbox.subscriptions.change(kept, lambda old, new=new: new)
        await asyncio.gather(send(), change, send())
    assert {row[0] for row in await outbox.rows("recipient")} == {f"http://127.0.0.1:1/{ROUNDS - 1}"}
    assert await _deadlocks(connection) == 0


async def test_who_makes_a_digest_takes_the_one_that_is_begun_and_its_parts_in_their_order(
    planning, connection, database
):
    """Somebody who changes the subscription has the digest already, and wants the part that came later."""
    await planning.subscriptions.add(subscription(max_per_minute=1))
    for n in range(3):
        await raised(connection, sensor_id=f"S-{n}")
    await planning.at(0)
    digest_id, part_id = [row[0] for row in await connection.fetch(_OF_DIGEST)]
    await connection.execute(
        "UPDATE alert.notification SET cause = 'digest', alert_id = NULL WHERE notification_id = $1", digest_id
    )
    async with database.driver() as other:
        await other.execute(_TAKE, digest_id)
        making = asyncio.create_task(planning.at(1))

        async def waits():
            return await other.fetchval(_WAITS) == 1

        await eventually(waits)
        await other.execute("SET LOCAL lock_timeout = '2s'")
        await other.execute(_TAKE, part_id)
    await making
    assert await planning.outbox("cause", "state") == [
        ("raised", "PENDING"),
        ("digest", "PENDING"),
        ("raised", "DIGESTED"),
    ]


async def _deadlocks(connection):
    return await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
