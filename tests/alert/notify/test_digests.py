"""Digests: what they leave to the messages before them, and what waits for them; planner and sender at work."""

import orjson
import pytest

from services.alert import writer
from services.alert.notify import digests, stories
from services.alert.notify.claims import Claims
from services.alert.notify.domain import Failure
from services.alert.notify.repository import SqlNotifications
from services.alert.notify.stories import Stories
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from tests.alert.notify.conftest import sending
from tests.support.mesh import eventually
from tests.support.notifying import NOW, changed, new_alert, raised, story, subscription
from tests.support.receivers import webhook

# So long a message that failed waits here: long enough for another one to overtake it.
LATER_S = 2.0


@pytest.fixture
def later(database, settings):
    """A sender that tries again after a while."""
    return sending(database, settings, delay_s=lambda attempts: LATER_S)


def causes(receiver):
    return [request.json["cause"] for request in receiver.requests]


async def test_a_clearing_waits_for_the_digest_that_told_of_its_alert(planning, connection, later):
    planning.begin = system_clock()
    async with webhook((200, {}), (500, {})) as receiver, later as sender:
        planning.wakes(sender)
        await planning.subscriptions.add(subscription(recipient=receiver.url, max_per_minute=1))
        _, second, _ = [await raised(connection, sensor_id=f"S-{n}") for n in range(3)]
        await planning.at(0)
        await planning.at(1)
        await receiver.received(2)
        await changed(connection, second.alert_id, "cleared", state="CLEARED")
        await planning.at(2)
        await receiver.received(4)
    assert causes(receiver) == ["raised", "digest", "digest", "cleared"]


async def test_others_do_not_wait_for_a_digest_that_fails(planning, connection, later):
    planning.begin = system_clock()
    async with webhook((200, {}), (500, {})) as receiver, later as sender:
        planning.wakes(sender)
        await planning.subscriptions.add(subscription(recipient=receiver.url, max_per_minute=1))
        for n in range(3):
            await raised(connection, sensor_id=f"S-{n}")
        await planning.at(0)
        await planning.at(1)
        await receiver.received(2)
        await raised(connection, sensor_id="S-9")
        await planning.at(2)
        await receiver.received(4)
    assert causes(receiver) == ["raised", "digest", "raised", "digest"]


async def test_a_digest_leaves_out_what_must_come_after_a_message_that_fails(planning, connection, later):
    planning.begin = system_clock()
    async with webhook((500, {})) as receiver, later as sender:
        planning.wakes(sender)
        await planning.subscriptions.add(subscription(recipient=receiver.url, max_per_minute=1))
        first = await raised(connection, alert_level="orange")
        await planning.at(0)
        await receiver.received(1)
        await changed(connection, first.alert_id, "level_up", alert_level="red")
        for n in (2, 3):
            await raised(connection, sensor_id=f"S-{n}")
        await planning.at(0.5)
        await planning.at(1)
        await receiver.received(3)
        await eventually(lambda: planning.count(1, "alert_id = $1 AND state = 'SENT'", first.alert_id))
        await planning.at(2)
        await receiver.received(4)
    told = [[alert["sensor_id"] for alert in request.json["alerts"]] for request in receiver.requests]
    assert causes(receiver) == ["raised", "digest", "raised", "level_up"]
    assert told == [["S-1"], ["S-2", "S-3"], ["S-1"], ["S-1"]]


# Storms.

ALERTS = 1_200
# What one transaction did to the rows of a table, as far as nobody has changed them since.
_LARGEST = "SELECT max(n) FROM (SELECT count(*) AS n FROM alert.{} GROUP BY xmin) t"


@pytest.fixture
async def storm(planning, connection):
    """A digest of many alerts, of which some are cleared by then, and one single message."""
    await planning.subscriptions.add(subscription(max_per_minute=1))
    levels = ("yellow", "orange", "red")
    async with connection.transaction():
        new = [new_alert(sensor_id=f"S-{n}", alert_level=levels[n % 3]) for n in range(ALERTS)]
        alerts = await writer.raise_alerts(connection, new)
    await planning.at(0)
    for alert in alerts[1:4]:
        await changed(connection, alert.alert_id, "cleared", state="CLEARED")
    await changed(connection, alerts[-3].alert_id, "level_up", alert_level="critical")
    await planning.at(0.5)
    await planning.at(1)
    kinds = "SELECT state, count(*) FROM alert.notification GROUP BY state ORDER BY state"
    assert [tuple(row) for row in await connection.fetch(kinds)] == [("DIGESTED", ALERTS + 3), ("PENDING", 2)]


async def test_a_storm_of_any_size_is_one_digest_that_a_receiver_can_take(planning, connection, storm):
    (row,) = await connection.fetch("SELECT subject, content FROM alert.notification WHERE cause = 'digest'")
    content = orjson.loads(row["content"])
    assert row["subject"] == f"[위험] 경보 {ALERTS - 1}건 모음"
    assert [fact[1] for fact in content["facts"]] == ["위험 1건", "경고 399건", "주의 399건", "관심 397건", "해제 3건"]
    assert content["items"][0].endswith("→ 위험 상승")
    assert (content["count"], len(content["alerts"]), len(content["items"])) == (ALERTS - 1, 200, 21)
    assert len(row["content"].encode()) < 200_000


async def test_no_transaction_of_a_storm_holds_many_rows(planning, connection, database, storm):
    assert await connection.fetchval(_LARGEST.format("notification WHERE state = 'DIGESTED'")) <= digests.CHUNK
    async with database.driver() as other:
        await other.execute("UPDATE alert.notification SET state = 'SENT', next_time = NULL WHERE cause = 'raised'")
    ((digest,),) = await Claims(database).claim(1, 1)
    await Claims(database).mark_sent(digest, system_clock())
    telling = Stories(database, database_is_away)
    while await telling.go_on():
        pass
    assert await connection.fetchval(_LARGEST.format("alert")) <= stories.CHUNK
    told = await connection.fetchval("SELECT count(*) FROM alert.alert_event WHERE event_type = 'notified' AND planned")
    assert told == ALERTS - 1


async def test_a_storm_that_follows_a_calm_costs_a_look_at_each_message(planning, connection):
    """The statistics are of the calm; pages are counted, as what takes the square of a storm may still be quick."""
    await planning.subscriptions.add(subscription(max_per_minute=1))
    await raised(connection, sensor_id="S-first")
    await planning.at(0)
    await connection.execute("UPDATE alert.notification SET state = 'SENT', next_time = NULL")
    await connection.execute("ANALYZE alert.notification")
    async with connection.transaction():
        await writer.raise_alerts(connection, [new_alert(sensor_id=f"S-{n}") for n in range(ALERTS)])
    await planning.at(0.5)
    (address,) = await connection.fetch("SELECT DISTINCT channel, recipient FROM alert.notification")
    assert len(await connection.fetch(digests.WANTED, *address)) == digests.CHUNK + 2
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {digests.WANTED}", *address)
    (plan,) = orjson.loads(explained)
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 10 * ALERTS


async def test_a_digest_that_nobody_finished_is_gone_on_with(planning, connection, storm):
    """As a planner leaves it that ends after the first of several parts."""
    await connection.execute(
        "UPDATE alert.notification SET release_time = NULL, next_time = NULL WHERE cause = 'digest'"
    )
    await connection.execute(
        "UPDATE alert.notification SET state = 'PENDING', digest_id = NULL WHERE notification_id IN"
        " (SELECT notification_id FROM alert.notification WHERE digest_id > 0 ORDER BY 1 DESC LIMIT 700)"
    )
    await raised(connection, sensor_id="S-new")
    await planning.at(1)
    assert await planning.count(1, "cause = 'digest' AND release_time IS NOT NULL")
    assert await planning.count(ALERTS + 4, "state = 'DIGESTED'")
    assert await planning.count(0, "release_time IS NULL AND state = 'PENDING'")


async def test_what_became_of_a_digest_is_told_once_though_it_is_sent_a_second_time(planning, connection, database):
    kept = await planning.subscriptions.add(subscription(max_per_minute=1, name="반장"))
    alerts = [await raised(connection, sensor_id=f"S-{n}") for n in range(4)]
    for minute in (0, 0.5, 1):
        await planning.at(minute)
    await connection.execute(
        "UPDATE alert.notification SET state = 'SENT' WHERE cause = 'raised' AND state = 'PENDING'"
    )
    claims, telling = Claims(database), Stories(database, database_is_away)
    ((digest,),) = await claims.claim(1, 1)
    await claims.mark_failed(digest, Failure("HTTP status 404", permanent=True), 1.0, NOW)
    while await telling.go_on():
        pass
    notifications = SqlNotifications(database)
    assert await notifications.retry(digest.notification_id)
    ((digest,),) = await claims.claim(1, 1)
    await claims.mark_sent(digest, NOW)
    while await telling.go_on():
        pass
    assert await story(connection, alerts[0].alert_id) == ["raised"]
    for alert in alerts[1:]:
        assert await story(connection, alert.alert_id) == ["raised", "notification_failed", "notified"]
    notes = await connection.fetch(
        "SELECT DISTINCT actor, note FROM alert.alert_event WHERE actor IS NOT NULL ORDER BY 2"
    )
    assert [tuple(row) for row in notes] == [
        (kept.name, "digest by webhook"), (kept.name, "digest by webhook: HTTP status 404"),
    ]  # fmt: skip
