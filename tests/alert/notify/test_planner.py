"""The planner on a real database, at times that the test decides."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from services.alert import writer
from services.alert.notify import records
from services.common.access.domain import EVERYTHING
from tests.support.notifying import NOW, changed, minutes, new_alert, raised, silence, story, subscription


async def test_what_happened_is_put_into_the_outbox_once(planning, connection):
    await planning.subscriptions.add(subscription())
    alert = await raised(connection)
    assert await planning.at(0) is None
    await planning.another().work(connection)
    assert await planning.outbox("cause", "alert_id", "state") == [("raised", alert.alert_id, "PENDING")]
    assert planning.woken == 1
    assert await connection.fetchval("SELECT count(*) FROM alert.alert_event WHERE NOT planned") == 0


async def test_two_planners_at_once_plan_each_event_once(planning, connection, database):
    await planning.subscriptions.add(subscription(max_per_minute=600))
    for n in range(40):
        await raised(connection, sensor_id=f"S-{n}")
    async with database.engine.connect() as one, database.engine.connect() as two:
        drivers = [(await c.get_raw_connection()).driver_connection for c in (one, two)]
        await asyncio.gather(*(planning.another().work(driver) for driver in drivers))
    await planning.at(0)
    assert len(await planning.outbox("alert_id")) == len(set(await planning.outbox("alert_id"))) == 40


async def test_an_alert_that_somebody_is_changing_is_planned_for_a_moment_later(planning, connection, database):
    await planning.subscriptions.add(subscription())
    one, two = await raised(connection), await raised(connection, sensor_id="S-2")
    async with database.driver() as other:
        await other.execute("SELECT FROM alert.alert WHERE alert_id = $1 FOR UPDATE", one.alert_id)
        assert await planning.at(0) == pytest.approx(0.05)
        assert await planning.outbox("alert_id") == [two.alert_id]
    assert await planning.at(0) is None
    assert await planning.outbox("alert_id") == [two.alert_id, one.alert_id]


async def test_one_address_gets_one_message_of_each_thing(planning, connection):
    for _ in range(2):
        await planning.subscriptions.add(subscription(1))
    alert = await raised(connection)
    await planning.at(0)
    await changed(connection, alert.alert_id, "cleared", state="CLEARED")
    await planning.at(1)
    assert await planning.outbox("cause") == ["raised", "cleared"]
    assert len(set(await planning.outbox("idempotency_key"))) == 2
    assert await connection.fetchval("SELECT count(*) FROM alert.told") == 0


async def test_a_silence_is_told_on_the_alert_and_holds_its_messages_until_it_ends(planning, connection):
    await planning.subscriptions.add(subscription())
    await planning.silences.add(silence())
    alert = await raised(connection)
    assert await planning.at(10) == 50 * 60
    assert await connection.fetchval("SELECT silenced FROM alert.alert")
    assert await planning.outbox("cause") == []
    await planning.at(60)
    assert not await connection.fetchval("SELECT silenced FROM alert.alert")
    assert await planning.outbox("cause") == ["raised"]
    assert await story(connection, alert.alert_id) == ["raised", "silenced", "silenced"]


async def test_a_silence_that_comes_later_is_told_on_the_alerts_that_are_open(planning, connection):
    alert = await raised(connection)
    await planning.at(0)
    kept = await planning.silences.add(silence())
    await planning.at(1)
    assert await connection.fetchval("SELECT silenced FROM alert.alert")
    await planning.silences.delete(kept.silence_id, EVERYTHING)
    await planning.at(2)
    assert not await connection.fetchval("SELECT silenced FROM alert.alert")
    assert await story(connection, alert.alert_id) == ["raised", "silenced", "silenced"]


async def test_what_a_silence_held_is_told_at_once_when_it_is_deleted(planning, connection):
    await planning.subscriptions.add(subscription())
    kept = await planning.silences.add(silence())
    await raised(connection)
    await planning.at(10)
    await planning.silences.delete(kept.silence_id, EVERYTHING)
    await planning.at(11)
    assert await planning.outbox("cause") == ["raised"]


async def test_a_recurring_silence_begins_by_itself(planning, connection):
    # 15:00 in Seoul is an hour from now.
    await planning.silences.add(silence(end_time=None, weekdays="wed", start_of_day="15:00", end_of_day="16:00"))
    await raised(connection)
    assert await planning.at(0) == 60 * 60
    assert await planning.at(60) == 60 * 60
    assert await connection.fetchval("SELECT silenced FROM alert.alert")


async def test_a_higher_level_ends_a_shelf_and_says_so(planning, connection):
    await planning.subscriptions.add(subscription())
    alert = await raised(connection, alert_level="orange", shelved_until=NOW + minutes(30), shelved_level="orange")
    assert await planning.at(0) == 30 * 60
    await changed(connection, alert.alert_id, "level_up", alert_level="red")
    await planning.at(1)
    assert await planning.outbox("cause") == ["raised"]
    assert await connection.fetchval("SELECT shelved_until FROM alert.alert") is None
    assert await story(connection, alert.alert_id) == ["raised", "level_up", "unshelved"]


async def test_an_escalation_is_told_when_it_is_due_and_is_in_the_story(planning, connection):
    await planning.subscriptions.add(subscription(escalation_minutes=10, name="반장"))
    alert = await raised(connection)
    await connection.execute("UPDATE alert.alert_event SET create_time = $1", NOW)
    assert await planning.at(1) == 9 * 60
    await planning.at(10)
    assert await planning.outbox("cause") == ["escalated"]
    actor = await connection.fetchval("SELECT actor FROM alert.alert_event WHERE event_type = 'escalated'")
    assert (actor, await story(connection, alert.alert_id)) == ("반장", ["raised", "escalated"])


async def test_a_subscription_that_was_deleted_is_told_nothing_more(planning, connection):
    kept = await planning.subscriptions.add(subscription(repeat_minutes=10))
    alert = await raised(connection)
    await planning.at(0)
    await planning.subscriptions.delete(kept.subscription_id, EVERYTHING)
    await changed(connection, alert.alert_id, "level_up", alert_level="critical")
    await planning.at(10)
    assert await planning.outbox("cause", "state") == [("raised", "CANCELLED")]
    assert await connection.fetchval("SELECT count(*) FROM alert.told") == 0


async def test_a_message_for_two_of_one_address_outlives_the_one_that_is_deleted(planning, connection):
    first, second = [await planning.subscriptions.add(subscription(1)) for _ in range(2)]
    await raised(connection)
    await planning.at(0)
    await planning.subscriptions.delete(first.subscription_id, EVERYTHING)
    assert await planning.outbox("state", "subscription_id") == [("PENDING", second.subscription_id)]
    await planning.subscriptions.delete(second.subscription_id, EVERYTHING)
    assert await planning.outbox("state") == ["CANCELLED"]


async def test_what_waits_goes_to_the_new_address_of_its_subscription(planning, connection):
    kept = await planning.subscriptions.add(subscription())
    await raised(connection)
    await planning.at(0)
    new = subscription(kept.subscription_id, recipient="http://127.0.0.1/new", format="slack")
    await planning.subscriptions.change(kept.subscription_id, lambda old: new)
    assert await planning.outbox("recipient", "format") == [("http://127.0.0.1/new", "slack")]


# Storms.


async def test_a_storm_is_told_in_part_and_the_rest_in_one_digest(planning, connection):
    await planning.subscriptions.add(subscription(max_per_minute=3))
    for n in range(30):
        await raised(connection, sensor_id=f"S-{n}", alert_level="critical" if n == 20 else "orange")
    assert await planning.at(0) == 60
    assert await planning.outbox("release_time") == [NOW] * 3 + [None] * 27
    await planning.at(0.9)
    assert len(await planning.outbox("cause")) == 30
    await planning.at(1)
    found = await planning.outbox("cause", "state")
    assert found == [("raised", "PENDING")] * 3 + [("raised", "DIGESTED")] * 27 + [("digest", "PENDING")]
    content = orjson.loads((await planning.outbox("content"))[-1])
    assert content["subject"] == "[위험] 경보 27건 모음"
    assert content["facts"] == [["위험", "위험 1건"], ["주의", "주의 26건"]]
    assert (len(content["items"]), content["items"][-1], len(content["alerts"])) == (21, "그 밖에 7건", 27)


async def test_what_comes_while_a_digest_is_waited_for_is_in_it(planning, connection):
    await planning.subscriptions.add(subscription(max_per_minute=1))
    for n in range(2):
        await raised(connection, sensor_id=f"S-{n}")
    await planning.at(0)
    await raised(connection, sensor_id="S-9")
    await planning.at(0.5)
    await planning.at(1)
    assert await planning.outbox("cause", "state") == [
        ("raised", "PENDING"), ("raised", "DIGESTED"), ("raised", "DIGESTED"), ("digest", "PENDING"),
    ]  # fmt: skip


async def test_one_message_that_had_to_wait_is_sent_as_itself(planning, connection):
    await planning.subscriptions.add(subscription(max_per_minute=1))
    for n in range(2):
        await raised(connection, sensor_id=f"S-{n}")
    await planning.at(0)
    await planning.at(1)
    assert await planning.outbox("cause", "release_time") == [("raised", NOW), ("raised", NOW + timedelta(minutes=1))]


async def test_a_digest_counts_as_a_message_of_its_minute(planning, connection):
    await planning.subscriptions.add(subscription(max_per_minute=1))
    for minute in range(4):
        for n in range(3):
            await raised(connection, sensor_id=f"S-{minute}-{n}")
        await planning.at(minute)
    released = [moment for moment in await planning.outbox("release_time") if moment is not None]
    assert released == [NOW + minutes(n) for n in range(4)]


async def test_the_storm_of_one_recipient_is_not_that_of_another(planning, connection):
    for n in (1, 2):
        await planning.subscriptions.add(subscription(n, max_per_minute=n * 5))
    for n in range(8):
        await raised(connection, sensor_id=f"S-{n}")
    await planning.at(0)
    sent = [recipient for recipient, released in await planning.outbox("recipient", "release_time") if released]
    assert (sent.count("http://127.0.0.1/1"), sent.count("http://127.0.0.1/2")) == (5, 8)


async def test_a_digest_that_is_due_does_not_wait_for_the_end_of_a_backlog(planning, connection):
    await planning.subscriptions.add(subscription(1, max_per_minute=1, factory="제1공장"))
    await planning.subscriptions.add(subscription(2, max_per_minute=600, factory="제2공장"))
    for n in range(3):
        await raised(connection, sensor_id=f"S-{n}")
    await planning.at(0)
    async with connection.transaction():
        new = [new_alert(sensor_id=f"B-{n}", factory="제2공장") for n in range(3 * records.CHUNK)]
        await writer.raise_alerts(connection, new)
    await planning.at(1)
    after = (await planning.outbox("cause"))[3:]
    assert after == ["raised"] * records.CHUNK + ["digest"] + ["raised"] * records.CHUNK * 2
