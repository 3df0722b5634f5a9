"""That nobody judges readings any more is told to those who are told of everything."""

import pytest

from services.alert.notify.claims import Claims
from services.alert.notify.domain import Failure
from services.common.access.domain import EVERYTHING
from tests.support.notifying import NOW, subscription

STOPPED, RESUMED = "evaluation_stopped", "evaluation_resumed"


@pytest.fixture
def beat(connection):
    """Has shards be judged so many seconds ago."""

    async def beat(age_s, shards=range(16)):
        await connection.execute(
            "INSERT INTO alert.evaluation SELECT shard, clock_timestamp() - $2 * interval '1 s'"
            " FROM unnest($1::int2[]) shard ON CONFLICT (shard) DO UPDATE SET beat_time = excluded.beat_time",
            list(shards), age_s,
        )  # fmt: skip

    return beat


async def told(planning):
    return await planning.outbox("cause", "subscription_id", "state")


async def at(planning, *times):
    """Looks at these minutes."""
    for minute in times:
        await planning.at(minute)


async def test_it_is_told_once_an_episode_and_again_when_it_goes_on(planning, beat):
    kept = await planning.subscriptions.add(subscription(min_level="critical"))
    await planning.subscriptions.add(subscription(2, factory="제1공장"))
    await planning.subscriptions.add(subscription(3, enabled=False))
    await beat(1)
    await at(planning, 0, 1)
    await beat(600, [3])
    await at(planning, 2, 2.9)
    assert await told(planning) == []
    await at(planning, 3, 3.5, 30)
    assert await told(planning) == [(STOPPED, kept.subscription_id, "PENDING")]
    await beat(1)
    await at(planning, 40, 40.4)
    assert len(await told(planning)) == 1
    await at(planning, 40.5, 41, 60)
    assert await told(planning) == [(cause, kept.subscription_id, "PENDING") for cause in (STOPPED, RESUMED)]
    await beat(600)
    await at(planning, 70, 71)
    assert [cause for cause, *_ in await told(planning)] == [STOPPED, RESUMED, STOPPED]
    assert len(set(await planning.outbox("idempotency_key"))) == 3


async def test_what_every_replica_sees_is_told_once_to_each_address(planning, beat):
    for _ in range(2):
        await planning.subscriptions.add(subscription())
    await beat(600)
    others = [planning.another() for _ in range(2)]
    for minute in (0, 1, 2):
        await planning.at(minute)
        for other in others:
            await other.work(planning.connection)
    assert len(await told(planning)) == 1
    await beat(1)
    for minute in (3, 4, 5):
        await planning.at(minute)
        for other in others:
            await other.work(planning.connection)
    assert [cause for cause, *_ in await told(planning)] == [STOPPED, RESUMED]


async def test_a_restart_and_what_was_never_put_into_operation_are_no_standstill(planning, beat):
    await planning.subscriptions.add(subscription())
    await at(planning, 0, 1, 2)
    await beat(600)
    await at(planning, 3, 3.9)
    await beat(1)
    await at(planning, 4, 5)
    assert await told(planning) == []


async def test_it_is_escalated_and_a_new_subscription_hears_of_it_and_a_disabled_one_not_of_its_end(planning, beat):
    first = await planning.subscriptions.add(subscription(1))
    await planning.subscriptions.add(subscription(2, escalation_minutes=24 * 60))
    await beat(600)
    await at(planning, 0, 1)
    third = await planning.subscriptions.add(subscription(3))
    await at(planning, 2)
    ids = [subscription_id for _, subscription_id, _ in await told(planning)]
    assert ids == [first.subscription_id, third.subscription_id]
    await planning.connection.execute("UPDATE alert.notification SET state = 'SENT'")
    await planning.subscriptions.change(third.subscription_id, lambda old: subscription(3, enabled=False))
    await beat(1)
    await at(planning, 3, 4)
    assert (await told(planning))[2:] == [(RESUMED, first.subscription_id, "PENDING")]


async def test_an_address_that_was_told_hears_of_the_end_also_when_the_subscription_is_gone_by_which_it_was(
    planning, beat
):
    same = subscription(2).recipient
    first = await planning.subscriptions.add(subscription(1, recipient=same))
    second = await planning.subscriptions.add(subscription(2, factory="제1공장"))
    await beat(600)
    await at(planning, 0, 1)
    await planning.connection.execute("UPDATE alert.notification SET state = 'SENT'")
    await planning.subscriptions.delete(first.subscription_id, EVERYTHING)
    await beat(1)
    await at(planning, 2, 3)
    assert [row[:2] for row in await told(planning)] == [
        (STOPPED, first.subscription_id), (RESUMED, second.subscription_id)
    ]  # fmt: skip


async def test_that_it_goes_on_waits_for_what_was_not_taken_yet(planning, beat, database):
    await planning.subscriptions.add(subscription(max_per_minute=1))
    await beat(600)
    await at(planning, 0, 1)
    claims = Claims(database)
    ((stopped,),) = await claims.claim(1, 1)
    await planning.connection.execute("UPDATE alert.notification SET create_time = clock_timestamp()")
    await claims.mark_failed(stopped, Failure("HTTP status 500"), 30.0, NOW)
    await beat(1)
    await at(planning, 2, 3)
    assert [cause for cause, *_ in await told(planning)] == [STOPPED, RESUMED]
    assert await claims.claim(1, 1) == []
    await planning.connection.execute("UPDATE alert.notification SET next_time = clock_timestamp()")
    assert [[message.cause for message in lane] for lane in await claims.claim(1, 1)] == [[STOPPED, RESUMED]]
