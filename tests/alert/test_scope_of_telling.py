"""Subscriptions, silences and notifications of a caller who may see some factories are about those alone."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import asyncpg
import grpc
import pytest
from montrg.alert.v1 import notification_service_pb2 as notifications_pb2
from montrg.alert.v1 import notification_service_pb2_grpc, silence_service_pb2_grpc, subscription_service_pb2_grpc
from montrg.alert.v1 import silence_service_pb2 as silences_pb2
from montrg.alert.v1 import subscription_service_pb2 as pb2

from services.alert.app import APP as ALERT
from services.common.access.domain import scope_of
from services.common.server import serve
from services.location.app import APP as LOCATION
from tests.conftest import settings_of
from tests.support.alerts import raised, threshold_alert
from tests.support.callers import BelievingGate, person
from tests.support.directory import make_place
from tests.support.mesh import eventually
from tests.support.refusals import reason, refused, why

# The matchers of what there is, by name.
MATCHERS = {
    "all": {},
    "f1": {"factory": "F1"},
    "p": {"plant": "P"},
    "p f1": {"plant": "P", "factory": "F1"},
    "p f2": {"plant": "P", "factory": "F2", "building": "B"},
    "q f1": {"plant": "Q", "factory": "F1"},
}
SEEN = {
    ("*",): set(MATCHERS),
    ("F1",): {"f1", "p f1", "q f1"},
    ("P > F1",): {"p f1"},
    ("P > *",): {"p", "p f1", "p f2"},
    (" > F1", "F2"): {"p f2"},
    (): set(),
}
scopes = pytest.mark.parametrize("factories", SEEN)
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
FORBIDDEN = (grpc.StatusCode.PERMISSION_DENIED, "OUT_OF_SCOPE", {"field": "factory"})
_NOTIFY = """
INSERT INTO alert.notification (idempotency_key, alert_id, subscription_id, cause, channel, recipient, format, language,
    subject, content, state, create_time)
VALUES ($1, $2, $3, $4, 'webhook', 'http://127.0.0.1:1/', 'json', 'ko', $1, '{}', 'DEAD', now())
RETURNING notification_id
"""


@pytest.fixture(scope="module")
async def connection(admin_url):
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def stubs(admin_url):
    """The stubs of alert, which knows A-1 in F1 of P and Q-1 in F1 of Q."""
    settings, environment = settings_of(admin_url, "location")
    async with serve(LOCATION, settings, environment) as location:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{location}") as channel:
            for loc_id, plant in (("A-1", "P"), ("Q-1", "Q")):
                await make_place(channel, loc_id, plant=plant, factory="F1")
        settings, environment = settings_of(admin_url, "alert", LOCATION_SERVICE_URL=f"127.0.0.1:{location}")
        serving = serve(ALERT, settings, environment, BelievingGate())
        async with serving as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield SimpleNamespace(
                subscriptions=subscription_service_pb2_grpc.SubscriptionServiceStub(channel),
                silences=silence_service_pb2_grpc.SilenceServiceStub(channel),
                notifications=notification_service_pb2_grpc.NotificationServiceStub(channel),
            )


class Subscriptions:
    """Subscriptions as things with matchers; `as_` is who asks."""

    def __init__(self, stubs):
        self.stub = stubs.subscriptions

    async def create(self, as_, name="new", **fields):
        new = pb2.Subscription(name=name, channel="webhook", recipient="http://127.0.0.1:1/", **fields)
        request = pb2.CreateSubscriptionRequest(subscription=new)
        return (await self.stub.CreateSubscription(request, metadata=as_)).subscription_id

    async def page(self, as_, **wanted):
        answer = await self.stub.ListSubscriptions(pb2.ListSubscriptionsRequest(**wanted), metadata=as_)
        return [one.name for one in answer.subscriptions if one.name in MATCHERS], answer.next_page_token

    def get(self, as_, key):
        return self.stub.GetSubscription(pb2.GetSubscriptionRequest(subscription_id=key), metadata=as_)

    def update(self, as_, key, **fields):
        changed = pb2.Subscription(**fields)
        request = pb2.UpdateSubscriptionRequest(subscription_id=key, subscription=changed)
        return self.stub.UpdateSubscription(request, metadata=as_)

    def widen(self, as_, key):
        request = pb2.UpdateSubscriptionRequest(subscription_id=key)
        request.update_mask.paths.append("factory")
        return self.stub.UpdateSubscription(request, metadata=as_)

    def delete(self, as_, key):
        return self.stub.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=key), metadata=as_)

    def others(self, as_, key):
        """What else can be done to one."""
        yield self.stub.EnableSubscription(pb2.EnableSubscriptionRequest(subscription_id=key), metadata=as_)
        yield self.stub.DisableSubscription(pb2.DisableSubscriptionRequest(subscription_id=key), metadata=as_)
        yield self.stub.TestSubscription(pb2.TestSubscriptionRequest(subscription_id=key), metadata=as_)


class Silences:
    """Silences, likewise."""

    def __init__(self, stubs):
        self.stub = stubs.silences

    async def create(self, as_, name="new", **fields):
        end = datetime.now(UTC) + timedelta(hours=1)
        # One that has no other matcher must have a level.
        new = silences_pb2.Silence(author="ann", reason=name, end_time=end, max_level="yellow", **fields)
        request = silences_pb2.CreateSilenceRequest(silence=new)
        return (await self.stub.CreateSilence(request, metadata=as_)).silence_id

    async def page(self, as_, **wanted):
        answer = await self.stub.ListSilences(silences_pb2.ListSilencesRequest(**wanted, current=True), metadata=as_)
        return [one.reason for one in answer.silences if one.reason in MATCHERS], answer.next_page_token

    def get(self, as_, key):
        return self.stub.GetSilence(silences_pb2.GetSilenceRequest(silence_id=key), metadata=as_)

    def update(self, as_, key, **fields):
        request = silences_pb2.UpdateSilenceRequest(silence_id=key, silence=silences_pb2.Silence(**fields))
        return self.stub.UpdateSilence(request, metadata=as_)

    def widen(self, as_, key):
        request = silences_pb2.UpdateSilenceRequest(silence_id=key)
        request.update_mask.paths.append("factory")
        return self.stub.UpdateSilence(request, metadata=as_)

    def delete(self, as_, key):
        return self.stub.DeleteSilence(silences_pb2.DeleteSilenceRequest(silence_id=key), metadata=as_)

    def others(self, as_, key):
        return ()


@pytest.fixture(scope="module", params=[Subscriptions, Silences], ids=["subscriptions", "silences"])
def things(request, stubs):
    return request.param(stubs)


@pytest.fixture(scope="module")
async def keys(things):
    """One of each kind of matchers, made by somebody who may see everything."""
    return {name: await things.create(person("*"), name, **fields) for name, fields in MATCHERS.items()}


@scopes
async def test_what_is_inside_the_own_factories_is_listed(things, keys, factories):
    found, _ = await things.page(person(*factories))
    assert (set(found), len(found)) == (SEEN[factories], len(SEEN[factories]))


async def test_pages_are_whole_and_their_tokens_are_of_one_scope(things, keys):
    found, token = await things.page(person("P > *"), limit=2)
    assert len(found) == 2
    rest, end = await things.page(person("P > *"), limit=2, page_token=token)
    assert ({*found, *rest}, end) == (SEEN["P > *",], "")
    for others in ((), ("P > F1",), ("*",)):
        assert await refused(things.page(person(*others), limit=2, page_token=token)) == (INVALID, ["page_token"])


@scopes
async def test_what_reaches_beyond_them_is_as_if_it_were_not_there(things, keys, factories):
    as_ = person(*factories)
    for name, key in keys.items():
        if name in SEEN[factories]:
            await things.get(as_, key)
            continue
        for call in (things.get(as_, key), things.delete(as_, key), *things.others(as_, key), things.widen(as_, key)):
            assert (await refused(call))[0] == NOT_FOUND
        assert (await refused(things.update(as_, key, building="Z")))[0] == NOT_FOUND
        assert not (await things.get(person("*"), key)).HasField("building") or name == "p f2"


@scopes
async def test_what_is_made_must_be_inside_them(things, keys, factories):
    for name, fields in MATCHERS.items():
        call = things.create(person(*factories), **fields)
        if name in SEEN[factories]:
            await things.delete(person(*factories), await call)
        else:
            assert await why(call) == FORBIDDEN, name


async def test_what_is_inside_them_stays_there_when_it_is_changed(things):
    as_ = person("P > F1", "F2")
    key = await things.create(as_, factory="F2")
    assert (await things.update(as_, key, building="Z")).building == "Z"
    for fields in ({"factory": "F1"}, {"factory": "F3"}, {"plant": "Q", "factory": "F1"}):
        assert await why(things.update(as_, key, **fields)) == FORBIDDEN
    assert await why(things.widen(as_, key)) == FORBIDDEN
    moved = await things.update(as_, key, plant="P", factory="F1")
    assert (moved.plant, moved.factory, moved.building) == ("P", "F1", "Z")
    for call in things.others(as_, key):
        await call
    assert (await things.delete(as_, key)).deleted


@scopes
async def test_a_match_shows_those_that_the_caller_may_see(stubs, factories):
    own = Subscriptions(stubs)
    made = [await own.create(person("*"), name, **fields) for name, fields in MATCHERS.items()]

    async def match(loc_id):
        request = pb2.MatchSubscriptionsRequest(loc_id=loc_id)
        answer = await stubs.subscriptions.MatchSubscriptions(request, metadata=person(*factories))
        return {one.subscription.name for one in answer.matches if one.subscription.subscription_id in made}

    async def is_known():
        found = await stubs.subscriptions.MatchSubscriptions(pb2.MatchSubscriptionsRequest(loc_id="Q-1"))
        return bool(found.matches)

    await eventually(is_known)
    for loc_id, plant, reached in (("A-1", "P", {"all", "f1", "p", "p f1"}), ("Q-1", "Q", {"all", "f1", "q f1"})):
        if scope_of(factories).covers(plant, "F1"):
            assert await match(loc_id) == reached & SEEN[factories]
        else:
            assert await reason(match(loc_id)) == (NOT_FOUND, "LOCATION_NOT_FOUND")
    for key in made:
        await own.delete(person("*"), key)


@pytest.fixture(scope="module")
async def sent(connection, stubs):
    """A message that failed for each of some alerts and causes: its id by a name."""
    own = Subscriptions(stubs)
    everybody = await own.create(person("*"), "for all")
    mine = await own.create(person("*"), "for P > F1", plant="P", factory="F1")
    places = {"p f1": ("P", "F1"), "p f2": ("P", "F2"), "q f1": ("Q", "F1"), "bare": (None, "F1"), "none": (None, None)}
    rows = [threshold_alert(f"N-{name}", plant=plant, factory=factory) for name, (plant, factory) in places.items()]
    alerts = dict(zip(places, await raised(connection, *rows), strict=True))
    made = {name: (alert.alert_id, everybody, "raised") for name, alert in alerts.items()}
    made |= {"test of all": (None, everybody, "test"), "own test": (None, mine, "test")}
    made |= {"digest": (None, mine, "digest"), "stopped": (None, everybody, "evaluation_stopped")}
    return {name: await connection.fetchval(_NOTIFY, name, *fields) for name, fields in made.items()}


TOLD = {
    ("*",): {"p f1", "p f2", "q f1", "bare", "none", "test of all", "own test", "digest", "stopped"},
    ("F1",): {"p f1", "q f1", "bare", "own test"},
    ("P > F1",): {"p f1", "own test"},
    ("P > *",): {"p f1", "p f2", "own test"},
    (" > F1", "F2"): {"bare", "p f2"},
    (): set(),
}


@pytest.mark.parametrize("factories", TOLD)
async def test_notifications_are_those_of_alerts_in_own_factories(stubs, sent, factories):
    for state in (None, "dead"):
        request = notifications_pb2.ListNotificationsRequest(state=state)
        answer = await stubs.notifications.ListNotifications(request, metadata=person(*factories))
        assert {one.subject for one in answer.notifications if one.subject in sent} == TOLD[factories]
    for name, key in sent.items():
        get = notifications_pb2.GetNotificationRequest(notification_id=key)
        retry = notifications_pb2.RetryNotificationRequest(notification_id=key)
        if name in TOLD[factories]:
            assert (await stubs.notifications.GetNotification(get, metadata=person(*factories))).subject == name
            continue
        for call in (
            stubs.notifications.GetNotification(get, metadata=person(*factories)),
            stubs.notifications.RetryNotification(retry, metadata=person(*factories)),
        ):
            assert await reason(call) == (NOT_FOUND, "NOTIFICATION_NOT_FOUND")


async def test_pages_of_notifications_are_of_one_scope(stubs, sent):
    async def page(as_, token=""):
        request = notifications_pb2.ListNotificationsRequest(limit=2, state="dead", page_token=token)
        return await stubs.notifications.ListNotifications(request, metadata=as_)

    first = await page(person("F1"))
    second = await page(person("F1"), first.next_page_token)
    assert {one.subject for answer in (first, second) for one in answer.notifications} == TOLD["F1",]
    for others in ((), ("P > F1",), ("*",)):
        assert await refused(page(person(*others), first.next_page_token)) == (INVALID, ["page_token"])


async def test_an_own_message_is_sent_once_more(stubs, sent):
    request = notifications_pb2.RetryNotificationRequest(notification_id=sent["p f1"])
    again = await stubs.notifications.RetryNotification(request, metadata=person("P > F1"))
    assert again.notification_id == sent["p f1"]
