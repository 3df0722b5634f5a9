"""The sender on a real database, to a real webhook."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from services.alert.notify.claims import Claims
from services.alert.notify.domain import Failure, retry_delay_s
from services.alert.notify.sender import MOST_FAILING
from services.common.clock import system_clock
from tests.alert.notify.conftest import PATIENT_S, sending
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.notifying import raised, story
from tests.support.receivers import webhook


async def test_a_message_is_sent_and_its_alert_says_so(outbox, database, settings):
    about = await raised(outbox.connection)
    async with webhook() as receiver, sending(database, settings) as sender:
        await outbox.to(receiver.url, secret="hush-hush", name="반장")
        await outbox.put(alert_id=about.alert_id)
        sender.wake()
        await outbox.settled("SENT")
    assert await outbox.rows("attempts", "last_error", "next_time", "lease_until") == [(1, None, None, None)]
    assert receiver.requests[0].key == "key-1"
    assert "x-montrg-signature" in receiver.requests[0].headers
    assert await story(outbox.connection, about.alert_id) == ["raised", "notified"]
    actor, planned = await outbox.connection.fetchrow(
        "SELECT actor, planned FROM alert.alert_event WHERE event_type = 'notified'"
    )
    assert (actor, planned) == ("반장", True)


async def test_a_message_that_was_not_taken_is_sent_again_with_the_same_key(outbox, database, settings):
    async with webhook((500, {}), (429, {}), None) as receiver, sending(database, settings) as sender:
        receiver.answers[2] = _hang_up()
        await outbox.to(receiver.url)
        await outbox.put()
        sender.wake()
        await receiver.received(4)
        await outbox.settled("SENT")
    assert {request.key for request in receiver.requests} == {"key-1"}
    assert len({request.body for request in receiver.requests}) == 1
    assert await outbox.rows("attempts") == [(4,)]


async def test_while_it_fails_one_sees_why_and_when_it_is_tried_again(outbox, database, settings):
    async with webhook((503, {"retry-after": "300"})) as receiver, sending(database, settings) as sender:
        await outbox.to(f"{receiver.url}/T0/secret-path")
        await outbox.put()
        sender.wake()
        await receiver.received(1)
        await eventually(lambda: _failed(outbox))
    ((state, error, wait),) = await outbox.rows("state", "last_error", "next_time - clock_timestamp()")
    assert (state, error) == ("PENDING", "HTTP status 503")
    assert timedelta(seconds=200) < wait <= timedelta(seconds=300)


async def test_a_receiver_that_says_it_is_wrong_ends_the_message_and_the_alert_says_so(outbox, database, settings):
    about = await raised(outbox.connection)
    async with webhook((404, {})) as receiver, sending(database, settings) as sender:
        await outbox.to(f"{receiver.url}/T0/secret-path")
        await outbox.put(alert_id=about.alert_id)
        sender.wake()
        await outbox.settled("DEAD")
    assert await story(outbox.connection, about.alert_id) == ["raised", "notification_failed"]
    note = await outbox.connection.fetchval("SELECT note FROM alert.alert_event WHERE event_seq = 2")
    assert note == "raised by webhook: HTTP status 404"


async def test_a_message_that_was_not_taken_for_a_day_is_given_up(outbox, database, settings):
    async with webhook((500, {}), (500, {})) as receiver, sending(database, settings) as sender:
        await outbox.to(receiver.url)
        await outbox.put(2)
        await outbox.connection.execute(
            "UPDATE alert.notification SET create_time = now() - interval '24 hours' WHERE idempotency_key = 'key-1'"
        )
        sender.wake()
        await outbox.settled("DEAD", "SENT")


async def test_messages_reach_a_recipient_in_their_order(outbox, database, settings):
    async with webhook() as receiver, sending(database, settings), sending(database, settings) as sender:
        await outbox.to(receiver.url)
        await outbox.put(60)
        sender.wake()
        await receiver.received(60)
    assert [request.key for request in receiver.requests] == [f"key-{n}" for n in range(1, 61)]


async def test_what_fails_keeps_the_later_news_of_its_alert_and_not_that_of_others(outbox, database, settings):
    async with webhook((500, {})) as receiver, sending(database, settings) as sender:
        await outbox.to(receiver.url)
        await outbox.put(alert_id=1)
        await outbox.put(alert_id=1)
        await outbox.put(alert_id=2)
        sender.wake()
        await outbox.settled("SENT", "SENT", "SENT")
    keys = [request.key for request in receiver.requests]
    assert keys[0] == "key-1"
    assert keys.index("key-2") > keys.index("key-1", 1), "the newer one came before the older one was taken"


async def test_what_waits_for_older_news_of_its_alert_is_not_looked_for_over_and_over(outbox, database):
    claims = Claims(database)
    await outbox.to("http://127.0.0.1:1/")
    await outbox.put(2, alert_id=1)
    ((first, second),) = await claims.claim(1, 1)
    await claims.mark_failed(first, Failure("HTTP status 500"), 30.0, system_clock())
    await claims.release([second])
    assert await claims.claim(1, 1) == []
    due = await claims.due()
    assert due.is_now
    assert due.later_s == pytest.approx(30.0, abs=20.0)


async def test_a_recipient_that_hangs_does_not_keep_another_one_waiting(outbox, database, settings):
    never = asyncio.get_running_loop().create_future()
    async with webhook(never) as slow, webhook() as quick, sending(database, settings) as sender:
        await outbox.to(slow.url)
        await outbox.put()
        sender.wake()
        await slow.received(1)
        await outbox.to(quick.url)
        await outbox.put(5)
        sender.wake()
        await quick.received(5)
        assert not never.done()


async def test_many_recipients_that_hang_leave_room_for_one_that_does_not(outbox, database, settings):
    never = [asyncio.get_running_loop().create_future() for _ in range(40)]
    async with webhook(*never) as slow, webhook() as quick:
        for n in range(40):
            await outbox.to(f"{slow.url}/{n}")
            await outbox.put()
        await outbox.connection.execute("UPDATE alert.notification SET attempts = 1")
        async with sending(database, settings) as sender:
            await slow.received(MOST_FAILING)
            await outbox.to(quick.url)
            await outbox.put()
            sender.wake()
            await quick.received(1)
            assert len(slow.requests) == MOST_FAILING


async def test_two_senders_at_once_send_each_message_once(outbox, database, settings):
    async with webhook() as one, webhook() as two:
        for receiver in (one, two):
            await outbox.to(receiver.url)
            await outbox.put(50)
        async with sending(database, settings), sending(database, settings), sending(database, settings):
            await outbox.settled(*["SENT"] * 100)
    assert sorted(r.key for r in (*one.requests, *two.requests)) == sorted(f"key-{n}" for n in range(1, 101))


async def test_a_message_that_was_sent_but_not_marked_is_sent_again_with_the_same_key(outbox, database, settings):
    """The sender is cut off after the receiver took the message and before it says so."""
    taken = asyncio.get_running_loop().create_future()
    async with webhook(taken) as receiver:
        await outbox.to(receiver.url)
        await outbox.put()
        async with sending(database, settings):
            await receiver.received(1)
        assert await outbox.rows("state", "lease_until IS NULL") == [("PENDING", False)]
        await outbox.connection.execute("UPDATE alert.notification SET lease_until = now()")
        async with sending(database, settings):
            await outbox.settled("SENT")
        taken.set_result(None)
    assert [request.key for request in receiver.requests] == ["key-1", "key-1"]


async def test_a_sender_that_is_stopped_marks_what_is_on_its_way_and_gives_back_the_rest(outbox, database, settings):
    taken = asyncio.get_running_loop().create_future()
    async with webhook(taken) as receiver:
        await outbox.to(receiver.url)
        await outbox.put(2)
        async with sending(database, settings, grace_s=10.0):
            await receiver.received(1)
            asyncio.get_running_loop().call_later(0.3, taken.set_result, (200, {}))
    assert [request.key for request in receiver.requests] == ["key-1"]
    assert await outbox.rows("state", "lease_until") == [("SENT", None), ("PENDING", None)]


async def test_a_sender_that_is_stopped_does_not_wait_for_ever(outbox, database, settings):
    never = asyncio.get_running_loop().create_future()
    async with webhook(never) as receiver:
        await outbox.to(receiver.url)
        await outbox.put()
        async with sending(database, settings, grace_s=0.2):
            await receiver.received(1)
            began = time.monotonic()
        assert time.monotonic() - began < PATIENT_S - 5, "it waited until the message timed out"
    assert await outbox.rows("state", "lease_until IS NULL") == [("PENDING", False)]


async def test_a_lease_keeps_others_off_until_it_ends(outbox, database):
    await outbox.to("http://127.0.0.1:1/")
    await outbox.put(2)
    claims = Claims(database)
    ((first, second),) = await claims.claim(5, 5)
    assert await claims.claim(5, 5) == []
    await outbox.connection.execute("UPDATE alert.notification SET lease_until = now()")
    assert len((await claims.claim(5, 5))[0]) == 2
    # He whose lease has ended may not say what became of it: another one does.
    await claims.mark_sent(first, system_clock())
    await claims.release([second])
    assert await claims.claim(5, 5) == []
    assert await outbox.rows("state") == [("PENDING",), ("PENDING",)]


SENDER = """
import asyncio, sys
from services.alert.notify.claims import Claims
from services.alert.notify.sender import Sender
from services.alert.notify.settings import read_settings
from services.alert.notify.webhook import WebhookChannel
from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.settings import Environment

async def main():
    channel = WebhookChannel(read_settings(Environment({})))
    claims = Claims(Database(sys.argv[1], 5, "test"))
    await Sender(claims, {"webhook": channel}, database_is_away, system_clock, grace_s=0.0).run()

asyncio.run(main())
"""


async def test_senders_that_are_killed_lose_nothing(outbox, admin_url):
    """Processes are killed while they send, over and over; each message arrives, with its key."""
    url, root = service_url(admin_url, "alert"), Path(__file__).resolve().parents[3]
    async with webhook() as receiver:
        await outbox.to(receiver.url)
        await outbox.put(120)
        for killed_at in (1, 30, 60, 90, 120):
            process = subprocess.Popen([sys.executable, "-c", SENDER, url], cwd=root, env=os.environ)
            try:
                await receiver.received(killed_at, 30)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait(10)
            # As if the 30 s of its lease had passed.
            await outbox.connection.execute("UPDATE alert.notification SET lease_until = NULL")
        process = subprocess.Popen([sys.executable, "-c", SENDER, url], cwd=root, env=os.environ)
        try:
            await outbox.settled(*["SENT"] * 120)
        finally:
            process.kill()
            process.wait(10)
    assert {request.key for request in receiver.requests} == {f"key-{n}" for n in range(1, 121)}


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 0.0, 1.0), (1, 1.0, 2.0), (3, 0.5, 4.5), (9, 1.0, 512.0), (10, 1.0, 600.0), (9999, 1.0, 600.0)],
)
def test_the_wait_doubles_up_to_ten_minutes_and_is_left_to_chance(attempts, chance, seconds):
    assert retry_delay_s(attempts, chance) == seconds


async def test_an_error_that_nobody_foresaw_stops_one_message_and_no_other(outbox, database, settings, caplog):
    class Broken:
        async def send(self, message):
            if message.idempotency_key == "key-1":
                raise KeyError(message.recipient)

    async with sending(database, settings, Broken()):
        await outbox.to("http://127.0.0.1:1/T0/secret-path")
        await outbox.put(2)
        await eventually(lambda: _failed(outbox))
        await eventually(lambda: _second_is_sent(outbox))
    assert (await outbox.rows("last_error"))[0] == (
        "an error of the sender (KeyError); see the log of the alert service",
    )
    records = [str(record.__dict__) for record in caplog.records]
    assert any("KeyError" in record for record in records)
    assert not any("secret-path" in record for record in records)


async def _failed(outbox):
    return (await outbox.rows("attempts"))[0][0] > 0


async def _second_is_sent(outbox):
    return (await outbox.rows("state"))[1] == ("SENT",)


def _hang_up():
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
