"""What figures tell of messages: what became of each, what waits, and for how long nobody sent it."""

import pytest

from services.alert.notify.figures import NotificationFigures
from services.common.telemetry.registry import REGISTRY
from tests.alert.notify.conftest import sending
from tests.support.mesh import eventually
from tests.support.notifying import raised
from tests.support.receivers import webhook


class Told:
    """What is told of the outbox now."""

    def __init__(self, database):
        self._figures = NotificationFigures(database)

    async def now(self):
        families = {family.name: family for family in await self._figures.sample()}
        (depth,) = families["montrg_outbox_depth"].samples
        (age,) = families["montrg_outbox_oldest_age_seconds"].samples
        (dead,) = families["montrg_notifications_dead"].samples
        assert depth.labels == age.labels == {"outbox": "notifications"}
        return depth.value, age.value, dead.value


@pytest.fixture
def told(database):
    return Told(database)


def counted():
    """How many tries were counted, and in how many seconds messages were taken."""
    values = [
        REGISTRY.get_sample_value("montrg_notifications_total", {"channel": "webhook", "result": result})
        for result in ("sent", "failed", "dead")
    ]
    return [*values, REGISTRY.get_sample_value("montrg_notification_seconds_count", {"channel": "webhook"})]


async def grown(before, *expected):
    """Waits until so many more were sent, failed and given up."""

    async def have():
        now = [b - a for a, b in zip(before, counted(), strict=True)]
        return now == [*expected, expected[0]]

    await eventually(have)


async def overdue(outbox, condition="true"):
    await outbox.connection.execute(
        f"UPDATE alert.notification SET next_time = next_time - interval '1 hour' WHERE {condition}"
    )


async def test_each_try_counts_once_by_what_became_of_it(outbox, database, settings):
    before = counted()
    async with webhook((500, {}), (200, {}), (404, {})) as receiver, sending(database, settings) as sender:
        await outbox.to(receiver.url)
        await outbox.put(alert_id=(await raised(outbox.connection)).alert_id)
        sender.wake()
        await grown(before, 1, 1, 0)
        await outbox.put()
        sender.wake()
        await grown(before, 1, 1, 1)


async def test_what_waits_is_told_with_how_long_nobody_has_sent_it(outbox, told):
    assert await told.now() == (0, 0, 0)
    await outbox.to("http://127.0.0.1:1/")
    await outbox.put(2)
    depth, age, _ = await told.now()
    assert depth == 2
    assert 0 <= age < 60
    await overdue(outbox)
    _, age, _ = await told.now()
    assert 3600 <= age < 3700


async def test_an_event_that_nobody_has_planned_for_waits_as_well(outbox, told):
    await raised(outbox.connection)
    await outbox.connection.execute("UPDATE alert.alert_event SET create_time = now() - interval '10 minutes'")
    depth, age, _ = await told.now()
    assert depth == 1
    assert 600 <= age < 660
    await outbox.connection.execute("UPDATE alert.alert_event SET planned = true")
    assert await told.now() == (0, 0, 0)


async def test_what_waits_behind_a_message_that_its_recipient_does_not_take_is_no_fault_of_the_sender(outbox, told):
    await outbox.to("http://127.0.0.1:1/")
    await outbox.put(3)
    await overdue(outbox)
    await outbox.connection.execute(
        "UPDATE alert.notification SET attempts = 1, next_time = now() + interval '1 minute'"
        " WHERE idempotency_key = 'key-1'"
    )
    depth, age, _ = await told.now()
    assert (depth, age) == (3, 0)
    await outbox.connection.execute(
        "UPDATE alert.notification SET next_time = now() - interval '30 minutes' WHERE idempotency_key = 'key-1'"
    )
    _, age, _ = await told.now()
    assert 1800 <= age < 1900  # its own next try: that is the sender's
    await outbox.to("http://127.0.0.1:2/")
    await outbox.put()
    await overdue(outbox, "idempotency_key = 'key-4'")
    _, age, _ = await told.now()
    assert 3600 <= age < 3700


async def test_dead_letters_are_told_until_they_are_sent_again_or_nobody_wants_them(outbox, told):
    await outbox.to("http://127.0.0.1:1/")
    await outbox.put(3)
    await outbox.connection.execute("UPDATE alert.notification SET state = 'DEAD'")
    assert await told.now() == (0, 0, 3)
    await outbox.connection.execute("UPDATE alert.notification SET cause = 'test' WHERE idempotency_key = 'key-1'")
    await outbox.connection.execute("UPDATE alert.notification SET state = 'PENDING' WHERE idempotency_key = 'key-2'")
    assert (await told.now())[2] == 1
    await outbox.connection.execute("UPDATE alert.subscription SET enabled = false")
    assert (await told.now())[2] == 0
