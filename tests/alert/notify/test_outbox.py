"""How messages come into the outbox, and how many may be sent at once."""

import asyncio
from datetime import timedelta

from services.alert.notify.drafts import Draft
from services.alert.notify.outbox import put
from services.alert.notify.planning import Telling
from tests.alert.notify.conftest import WRITING
from tests.support.mesh import eventually
from tests.support.notifying import NOW, alert, subscription

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
ONE = subscription(max_per_minute=1)


def draft(key, to=ONE):
    return Draft(to, key, "raised", WRITING.telling(Telling(to, alert(), "raised", key, 1, None)), 7, 1)


async def test_two_that_write_to_one_recipient_count_each_others_messages(connection, database):
    async def write(key):
        async with database.driver() as other:
            return await put(other, [draft(key)], NOW)

    async with connection.transaction():
        assert await put(connection, [draft("first")], NOW) == (1, None)
        second = asyncio.create_task(write("second"))

        async def waits():
            return second.done() or await connection.fetchval(WAITING) == 1

        await eventually(waits)
    assert await second == (0, NOW + timedelta(minutes=1))
    rows = await connection.fetch("SELECT release_time FROM alert.notification ORDER BY notification_id")
    assert [row[0] for row in rows] == [NOW, None]


async def test_two_that_write_to_other_recipients_do_not_wait_for_each_other(connection, database):
    async with connection.transaction(), database.driver() as other:
        assert await put(connection, [draft("first")], NOW) == (1, None)
        assert await put(other, [draft("second", subscription(2))], NOW) == (1, None)


async def test_the_same_message_comes_in_once(connection):
    for _ in range(2):
        async with connection.transaction():
            await put(connection, [draft("same")], NOW)
    assert await connection.fetchval("SELECT count(*) FROM alert.notification") == 1
