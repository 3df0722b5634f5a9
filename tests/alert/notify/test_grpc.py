"""Subscriptions, silences and notifications as a gRPC client sees them, on a whole alert service."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from montrg.alert.v1 import (
    notification_service_pb2,
    notification_service_pb2_grpc,
    silence_service_pb2,
    silence_service_pb2_grpc,
    subscription_service_pb2,
    subscription_service_pb2_grpc,
)

from services.alert.app import APP as ALERT
from services.common.server import serve
from services.location.app import APP as LOCATION
from tests.conftest import settings_of
from tests.support.directory import make_place
from tests.support.mesh import eventually
from tests.support.notifying import changed, raised
from tests.support.ports import free_port
from tests.support.receivers import mailbox, webhook
from tests.support.refusals import reason, refused

pb2, silences_pb2, notifications_pb2 = subscription_service_pb2, silence_service_pb2, notification_service_pb2
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


class Client:
    """The stubs of a channel, and the requests that are made most."""

    def __init__(self, channel):
        self.subscriptions = subscription_service_pb2_grpc.SubscriptionServiceStub(channel)
        self.silences = silence_service_pb2_grpc.SilenceServiceStub(channel)
        self.notifications = notification_service_pb2_grpc.NotificationServiceStub(channel)

    async def subscribe(self, recipient, channel="webhook", **fields):
        made = pb2.Subscription(channel=channel, recipient=recipient, **fields)
        return await self.subscriptions.CreateSubscription(pb2.CreateSubscriptionRequest(subscription=made))

    async def silence(self, **fields):
        made = silences_pb2.Silence(**{"author": "김", "reason": "정비", "factory": "F"} | fields)
        return await self.silences.CreateSilence(silences_pb2.CreateSilenceRequest(silence=made))

    async def update(self, subscription_id, mask=(), **fields):
        request = pb2.UpdateSubscriptionRequest(
            subscription_id=subscription_id, subscription=pb2.Subscription(**fields)
        )
        request.update_mask.paths.extend(mask)
        return await self.subscriptions.UpdateSubscription(request)

    async def sent(self, **wanted):
        answer = await self.notifications.ListNotifications(notifications_pb2.ListNotificationsRequest(**wanted))
        return list(answer.notifications)

    async def match(self, **fields):
        answer = await self.subscriptions.MatchSubscriptions(pb2.MatchSubscriptionsRequest(**fields))
        return [(m.subscription.name, m.held_by if m.HasField("held_by") else None) for m in answer.matches]


@pytest.fixture(scope="module")
async def box():
    async with mailbox() as opened:
        yield opened


@pytest.fixture(scope="module")
async def client(admin_url, box):
    settings, environment = settings_of(admin_url, "location")
    async with serve(LOCATION, settings, environment) as location:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{location}") as channel:
            await make_place(channel, "A-1", factory="F", building="B", floor=1, area="A")
        smtp = {"MONTRG_SMTP_HOST": "localhost", "MONTRG_SMTP_PORT": str(box.port), "MONTRG_SMTP_SECURITY": "none"}
        urls = {"LOCATION_SERVICE_URL": f"127.0.0.1:{location}"}
        settings, environment = settings_of(admin_url, "alert", **urls, **smtp)
        serving = serve(ALERT, settings, environment)
        async with serving as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Client(channel)


async def test_a_subscription_is_created_read_changed_cleared_and_deleted(client, connection):
    made = await client.subscribe("https://hooks.example.com/x", secret="hush-hush", factory="F", min_level="high")
    assert (made.min_level, made.has_secret, made.secret, made.format, made.language) == (
        "orange", True, "", "json", "ko",
    )  # fmt: skip
    assert (made.max_per_minute, made.notify_clear, made.enabled) == (10, True, True)
    changed_one = await client.update(made.subscription_id, name="반장", repeat_minutes=5)
    assert (changed_one.name, changed_one.repeat_minutes, changed_one.factory) == ("반장", 5, "F")
    cleared = await client.update(made.subscription_id, ["factory", "secret", "min_level"])
    assert (cleared.HasField("factory"), cleared.has_secret, cleared.min_level) == (False, False, "yellow")
    get = pb2.GetSubscriptionRequest(subscription_id=made.subscription_id)
    assert await client.subscriptions.GetSubscription(get) == cleared
    delete = pb2.DeleteSubscriptionRequest(subscription_id=made.subscription_id)
    assert (await client.subscriptions.DeleteSubscription(delete)).deleted
    assert (await refused(client.subscriptions.DeleteSubscription(delete)))[0] == NOT_FOUND
    assert (await refused(client.subscriptions.GetSubscription(get)))[0] == NOT_FOUND


async def test_subscriptions_are_enabled_disabled_and_listed_in_pages(client, connection):
    made = [(await client.subscribe(f"http://localhost/{n}")).subscription_id for n in range(5)]
    one = pb2.DisableSubscriptionRequest(subscription_id=made[0])
    assert not (await client.subscriptions.DisableSubscription(one)).enabled
    again = pb2.EnableSubscriptionRequest(subscription_id=made[0])
    assert (await client.subscriptions.EnableSubscription(again)).enabled
    seen: list[int] = []
    token = ""
    while not seen or token:
        page = await client.subscriptions.ListSubscriptions(pb2.ListSubscriptionsRequest(limit=2, page_token=token))
        seen += [s.subscription_id for s in page.subscriptions]
        token = page.next_page_token
    assert seen == made


async def test_a_subscription_without_an_address_names_what_is_missing(client):
    empty = client.subscriptions.CreateSubscription(pb2.CreateSubscriptionRequest())
    assert await refused(empty) == (INVALID, ["channel", "recipient"])
    assert await refused(client.update(1)) == (INVALID, ["body"])
    assert await refused(client.update(1, ["colour"])) == (INVALID, ["update_mask"])
    assert await refused(client.update(1, ["recipient"])) == (INVALID, ["recipient"])
    assert await refused(client.subscribe("a@b.kr")) == (INVALID, ["recipient"])
    assert (await refused(client.update(999, name="x")))[0] == NOT_FOUND


async def test_a_match_says_whom_an_alert_would_reach(client, connection):
    await client.subscribe("http://localhost/1", name="all")
    await client.subscribe("http://localhost/1", name="same")
    await client.subscribe("http://localhost/2", name="later", escalation_minutes=5)
    await client.subscribe("http://localhost/3", name="critical", min_level="critical")
    await client.subscribe("http://localhost/4", name="other", factory="other")
    await eventually(lambda: _knows_places(client))
    found = [("all", None), ("same", "same_recipient"), ("later", "escalation")]
    assert await client.match(loc_id="A-1") == found
    assert await client.match(loc_id="A-1", level="critical") == [*found, ("critical", None)]
    await client.silence(end_time=_in_an_hour(), max_level="red")
    assert await client.match(loc_id="A-1") == [(name, "silenced") for name, _ in found]
    assert await reason(client.match(loc_id="nowhere")) == (NOT_FOUND, "LOCATION_NOT_FOUND")
    wrong = client.match(loc_id="", sensor_id="a b", alert_type="fire", level="green")
    assert await refused(wrong) == (INVALID, ["loc_id", "sensor_id", "alert_type", "level"])


async def test_a_silence_is_created_read_changed_cleared_and_deleted(client, connection):
    made = await client.silence(end_time=_in_an_hour(), max_level="red")
    assert (made.in_force, made.zone, made.HasField("start_time")) == (True, "Asia/Seoul", True)
    past = await client.silence(start_time=_in_an_hour(-48), end_time=_in_an_hour(-24))
    assert not past.in_force
    current = await client.silences.ListSilences(silences_pb2.ListSilencesRequest(current=True))
    assert [s.silence_id for s in current.silences] == [made.silence_id]
    every = await client.silences.ListSilences(silences_pb2.ListSilencesRequest())
    assert [s.silence_id for s in every.silences] == [made.silence_id, past.silence_id]
    request = silences_pb2.UpdateSilenceRequest(
        silence_id=made.silence_id, silence=silences_pb2.Silence(weekdays="mon")
    )
    request.update_mask.paths.extend(["weekdays", "end_time", "max_level"])
    weekly = await client.silences.UpdateSilence(request)
    assert (weekly.weekdays, weekly.start_of_day, weekly.end_of_day) == ("mon", "00:00", "00:00")
    assert (weekly.HasField("end_time"), weekly.HasField("max_level")) == (False, False)
    delete = silences_pb2.DeleteSilenceRequest(silence_id=made.silence_id)
    assert (await client.silences.DeleteSilence(delete)).deleted
    get = silences_pb2.GetSilenceRequest(silence_id=made.silence_id)
    assert (await refused(client.silences.GetSilence(get)))[0] == NOT_FOUND


async def test_a_silence_that_says_nothing_names_what_is_missing(client):
    empty = client.silences.CreateSilence(silences_pb2.CreateSilenceRequest())
    assert await refused(empty) == (INVALID, ["author", "reason"])
    assert await refused(client.silence()) == (INVALID, ["end_time"])
    assert await refused(client.silence(end_time=Timestamp(seconds=-(2**62)))) == (INVALID, ["end_time"])
    assert await refused(client.silence(end_time=_in_an_hour(), weekdays="x")) == (INVALID, ["weekdays"])


async def test_a_test_message_is_really_sent_to_a_webhook_and_by_mail(client, connection, box):
    async with webhook() as receiver:
        made = await client.subscribe(f"{receiver.url}/T0/path", enabled=False, language="en", name="Crew")
        answer = await _test(client, made)
        assert (answer.sent, answer.HasField("error")) == (True, False)
        assert receiver.requests[0].json["subject"] == "[Test] Crew"
        (shown,) = await client.sent(subscription_id=made.subscription_id)
        assert (shown.cause, shown.recipient, shown.idempotency_key) == (
            "test", f"{receiver.url}/…", receiver.requests[0].key,
        )  # fmt: skip
    mail = await client.subscribe("kim@plant.example", "email")
    assert (await _test(client, mail)).sent
    assert (await box.received(1))[0]["to"] == "kim@plant.example"


async def test_a_test_message_that_is_not_taken_says_why_and_is_not_tried_again(client, connection):
    made = await client.subscribe(f"http://localhost:{free_port()}/T0/path")
    answer = await _test(client, made)
    assert (answer.sent, answer.error) == (False, "the connection was refused")
    (shown,) = await client.sent(state="dead")
    assert (shown.notification_id, shown.attempts) == (answer.notification_id, 1)


async def test_what_failed_for_good_is_sent_once_more_to_where_its_subscription_says_now(client, connection):
    async with webhook((404, {})) as wrong, webhook() as right:
        made = await client.subscribe(wrong.url)
        await raised(connection)
        await eventually(lambda: _is(client, "DEAD"))
        (dead,) = await client.sent()
        assert dead.last_error == "HTTP status 404"
        await client.update(made.subscription_id, recipient=right.url)
        retry = notifications_pb2.RetryNotificationRequest(notification_id=dead.notification_id)
        assert (await client.notifications.RetryNotification(retry)).state != dead.state
        await right.received(1)
        await eventually(lambda: _is(client, "SENT"))
        assert right.requests[0].key == wrong.requests[0].key == dead.idempotency_key
        assert await reason(client.notifications.RetryNotification(retry)) == (
            grpc.StatusCode.FAILED_PRECONDITION, "NOTIFICATION_NOT_DEAD",
        )  # fmt: skip


async def test_notifications_are_filtered_and_listed_the_newest_first(client, connection):
    async with webhook() as receiver:
        await client.subscribe(receiver.url)
        first, second = await raised(connection), await raised(connection, sensor_id="S-2")
        await changed(connection, first.alert_id, "cleared", state="CLEARED")
        await receiver.received(3)
        await eventually(lambda: _is(client, "SENT", "SENT", "SENT"))
        every = await client.sent()
        assert [n.notification_id for n in every] == sorted((n.notification_id for n in every), reverse=True)
        assert [n.cause for n in await client.sent(alert_id=first.alert_id)] == ["cleared", "raised"]
        assert [n.alert_id for n in await client.sent(alert_id=second.alert_id)] == [second.alert_id]
        assert await client.sent(state="pending") == []
        got = await client.notifications.GetNotification(
            notifications_pb2.GetNotificationRequest(notification_id=every[0].notification_id)
        )
        assert got == every[0]
    assert await refused(client.sent(state="lost")) == (INVALID, ["state"])
    assert await refused(client.sent(page_token="x")) == (INVALID, ["page_token"])
    missing = notifications_pb2.GetNotificationRequest(notification_id=0)
    assert (await refused(client.notifications.GetNotification(missing)))[0] == NOT_FOUND
    retry = notifications_pb2.RetryNotificationRequest(notification_id=0)
    assert (await refused(client.notifications.RetryNotification(retry)))[0] == NOT_FOUND


async def test_an_alert_reaches_its_recipient_because_it_is_announced_and_not_when_one_looks_again(client, connection):
    async with webhook() as receiver:
        await client.subscribe(receiver.url)
        for n in range(3):
            made = await raised(connection, sensor_id=f"S-{n}")
            # Shorter than the 15 s after which a planner looks by itself.
            (*_, request) = await receiver.received(n + 1, 5)
            assert request.json["alerts"][0]["alert_id"] == made.alert_id


async def test_what_is_not_sent_any_more_says_why_and_a_part_of_a_digest_says_of_which(client, connection):
    never = [asyncio.get_running_loop().create_future() for _ in range(20)]
    async with webhook(*never) as receiver:
        disabled = await client.subscribe(f"{receiver.url}/1", max_per_minute=1)
        deleted = await client.subscribe(f"{receiver.url}/2")
        for n in range(3):
            await raised(connection, sensor_id=f"S-{n}")
        await eventually(lambda: _are(client, 6))
        # As if the minute was over.
        await connection.execute("UPDATE alert.notification SET release_time = release_time - interval '1 minute'")
        await connection.execute("SELECT pg_notify('alert_event', '')")
        await eventually(lambda: _are(client, 7))
        await client.subscriptions.DisableSubscription(
            pb2.DisableSubscriptionRequest(subscription_id=disabled.subscription_id)
        )
        await client.subscriptions.DeleteSubscription(
            pb2.DeleteSubscriptionRequest(subscription_id=deleted.subscription_id)
        )
        cancelled = await client.sent(state="cancelled")
        parts = await client.sent(state="digested")
    reasons = {(n.subscription_id, n.cancel_reason) for n in cancelled}
    wanted = (disabled.subscription_id, "subscription_disabled")
    assert wanted in reasons
    assert reasons <= {wanted, (deleted.subscription_id, "subscription_deleted")}
    (digest,) = [n.notification_id for n in cancelled if n.cause == "digest"]
    assert [n.digest_id for n in parts] == [digest, digest]
    assert not any(n.HasField("cancel_reason") for n in parts)


async def _are(client, count):
    return len(await client.sent()) == count


async def _test(client, made):
    return await client.subscriptions.TestSubscription(
        pb2.TestSubscriptionRequest(subscription_id=made.subscription_id)
    )


async def _is(client, *states):
    return [notifications_pb2.Notification.State.Name(n.state) for n in await client.sent()] == list(states)


async def _knows_places(client):
    try:
        await client.match(loc_id="A-1")
    except grpc.aio.AioRpcError:
        return False
    return True


def _in_an_hour(hours=1):
    return datetime.now(UTC) + timedelta(hours=hours)
