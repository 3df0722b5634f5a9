"""A caller who may see some factories sees and touches the alerts there alone."""

from typing import Any

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.location.app import APP as LOCATION
from tests.alert.alerts.conftest import AlertWatcher
from tests.support.alerts import changed, cleared, raised, threshold_alert
from tests.support.callers import person
from tests.support.directory import make_place
from tests.support.refusals import reason, refused, why

# By where each alert is; of `none` nobody knew the place.
PLACES: dict[str, dict[str, Any]] = {
    "F1": {"plant": "P", "factory": "F1"},
    "F2": {"plant": "P", "factory": "F2"},
    "Q": {"plant": "Q", "factory": "F1"},
    "bare": {"plant": None, "factory": "F1"},
    "none": {"plant": None, "factory": None},
}
SEEN = {
    ("*",): {"F1", "F2", "Q", "bare", "none"},
    ("F1",): {"F1", "Q", "bare"},
    ("P > F1",): {"F1"},
    ("P > *",): {"F1", "F2"},
    (" > *", "F2"): {"bare", "F2"},
    (): set(),
}
scopes = pytest.mark.parametrize("factories", SEEN)
NOT_FOUND = (grpc.StatusCode.NOT_FOUND, "ALERT_NOT_FOUND")


@pytest.fixture(scope="module")
async def alerts(connection, worker):
    """An open alert at each place."""
    rows = [threshold_alert(f"S-{name}", "red", **place) for name, place in PLACES.items()]
    return dict(zip(PLACES, await raised(connection, *rows), strict=True))


@pytest.fixture
def names(alerts):
    """The names of the places of alerts."""
    by_id = {alert.alert_id: name for name, alert in alerts.items()}
    return lambda found: {by_id[one.alert_id] for one in found if one.alert_id in by_id}


@scopes
async def test_alerts_are_listed_of_own_factories(worker, names, factories):
    for request in (pb2.ListAlertsRequest(), pb2.ListAlertsRequest(state="open", level="orange")):
        answer = await worker.alerts.ListAlerts(request, metadata=person(*factories))
        assert names(answer.alerts) == SEEN[factories]
    answer = await worker.alerts.ListTodayAlerts(pb2.ListTodayAlertsRequest(), metadata=person(*factories))
    assert names(answer.alerts) == SEEN[factories]
    answer = await worker.alerts.ListAlerts(pb2.ListAlertsRequest(factory="F1"), metadata=person(*factories))
    assert names(answer.alerts) == SEEN[factories] & {"F1", "Q", "bare"}


async def test_pages_are_whole_and_their_tokens_are_of_one_scope(worker, names):
    async def page(token="", *, today, factories=("Q > F1", "P > *")):
        name = "ListTodayAlerts" if today else "ListAlerts"
        request = getattr(pb2, f"{name}Request")(limit=1, page_token=token)
        return await getattr(worker.alerts, name)(request, metadata=person(*factories))

    for today in (False, True):
        answers = [await page(today=today)]
        while answers[-1].next_page_token:
            answers.append(await page(answers[-1].next_page_token, today=today))
        assert [len(answer.alerts) for answer in answers] == [1, 1, 1]
        assert names([one for answer in answers for one in answer.alerts]) == {"F1", "F2", "Q"}
        token = answers[0].next_page_token
        assert await page(token, factories=("P > *", "Q > F1"), today=today) == answers[1]
        for others in ((), ("P > *",), ("*",)):
            call = page(token, factories=others, today=today)
            assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


@scopes
async def test_an_alert_elsewhere_is_as_if_there_were_none(worker, connection, alerts, factories):
    async def words(alert_id):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await worker.alerts.GetAlert(pb2.GetAlertRequest(alert_id=alert_id), metadata=person(*factories))
        return caught.value.code(), caught.value.details()

    for name, alert in alerts.items():
        if name in SEEN[factories]:
            request = pb2.GetAlertRequest(alert_id=alert.alert_id)
            assert (await worker.alerts.GetAlert(request, metadata=person(*factories))).alert_id == alert.alert_id
        else:
            code, missing = await words(999_999)
            assert await words(alert.alert_id) == (code, missing.replace("999999", str(alert.alert_id)))


def verbs(worker, alert_id, metadata):
    """Does one after the other what can be done to an alert."""
    who = {"alert_id": alert_id, "actor": "ann"}
    stub = worker.alerts
    yield stub.AcknowledgeAlert(pb2.AcknowledgeAlertRequest(**who), metadata=metadata)
    yield stub.CommentAlert(pb2.CommentAlertRequest(**who, note="seen"), metadata=metadata)
    yield stub.ShelveAlert(pb2.ShelveAlertRequest(**who, minutes=5, reason="work"), metadata=metadata)
    yield stub.ResolveAlert(pb2.ResolveAlertRequest(**who), metadata=metadata)


async def test_nothing_can_be_done_to_an_alert_elsewhere(worker, connection, alerts):
    for name in ("F2", "Q", "none"):
        alert_id = alerts[name].alert_id
        before = await worker.get(alert_id)
        for call in verbs(worker, alert_id, person("P > F1")):
            assert await reason(call) == NOT_FOUND
        assert await worker.get(alert_id) == before


async def test_everything_can_be_done_to_an_own_alert(worker):
    alert = await worker.create(loc_id="B-1")
    done = [await call for call in verbs(worker, alert.alert_id, person("F2"))]
    assert [one.alert_id for one in done] == [alert.alert_id] * 4
    assert done[-1].state == pb2.Alert.CLEARED


@pytest.fixture(scope="module")
def create(worker):
    """Raises an alert as somebody."""

    async def create(metadata, key="", **fields):
        alert = pb2.Alert(**{"loc_id": "A-1", "alert_level": "red", "message": "smoke"} | fields)
        request = pb2.CreateAlertRequest(alert=alert, actor="ann", idempotency_key=key)
        return await worker.alerts.CreateAlert(request, metadata=metadata)

    return create


async def test_an_alert_is_raised_at_an_own_place_and_elsewhere_there_is_no_place(create, mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "Q-1", plant="Q", factory="F1")
    for factories, loc_id in ((("F1",), "A-1"), (("P > *",), "B-1"), (("Q > F1",), "Q-1"), (("*",), "B-1")):
        assert (await create(person(*factories), loc_id=loc_id)).loc_id == loc_id

    async def words(metadata, **fields):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await create(metadata, **fields)
        return caught.value.code(), caught.value.details()

    elsewhere: list[tuple[list[str], str]] = [(["F1"], "B-1"), (["P > *"], "Q-1"), ([], "A-1")]
    for names, loc_id in elsewhere:
        code, missing = await words(person(*names), loc_id="nowhere")
        assert await words(person(*names), loc_id=loc_id) == (code, missing.replace("nowhere", loc_id))
    # S-2 is at A-2, which is told to whoever may see that.
    assert "which is at A-2" in (await words(person("F1"), loc_id="A-1", sensor_id="S-2"))[1]
    code, missing = await words(person("F2"), loc_id="B-1", sensor_id="nobody")
    assert await words(person("F2"), loc_id="B-1", sensor_id="S-2") == (code, missing.replace("nobody", "S-2"))


async def test_a_key_that_was_used_elsewhere_tells_nothing_of_that_alert(create):
    alert = await create(person("F2"), "shared", loc_id="B-1")
    used = (grpc.StatusCode.FAILED_PRECONDITION, "IDEMPOTENCY_KEY_USED")
    for loc_id in ("A-1", "B-1", "nowhere"):
        assert await why(create(person("F1"), "shared", loc_id=loc_id)) == (*used, {})
    assert (await create(person("F2"), "shared", loc_id="B-1")).alert_id == alert.alert_id


class Seer(AlertWatcher):
    """One who watches, and remembers every alert that was ever shown."""

    def __init__(self, worker, *factories, **wanted):
        call = worker.alerts.WatchAlerts(pb2.WatchAlertsRequest(**wanted), metadata=person(*factories))
        super().__init__(call, pb2.WatchAlertsResponse)
        self.seen = []

    def take(self, message):
        super().take(message)
        self.seen += message.alerts


@scopes
async def test_who_watches_is_shown_own_alerts_and_what_becomes_of_them(worker, connection, alerts, names, factories):
    watcher = Seer(worker, *factories)
    message = await watcher.next()
    assert message.kind == pb2.WatchAlertsResponse.SNAPSHOT
    assert names(message.alerts) == SEEN[factories]
    # The one elsewhere comes first, so it would have been shown by the time that the own one is.
    places = sorted(PLACES, key=lambda name: name in SEEN[factories])
    new = await raised(connection, *(threshold_alert(f"W-{name}-{factories}", **PLACES[name]) for name in places))
    own = [alert for name, alert in zip(places, new, strict=True) if name in SEEN[factories]]
    for alert in new:
        await changed(connection, alert, "level_up", alert_level="red", highest_level="red")
    if own:
        await watcher.levels(**{f"a{alert.alert_id}": "red" for alert in own})
    for alert in new:
        await cleared(connection, alert)
    if own:
        await watcher.levels(**{f"a{alert.alert_id}": None for alert in own})
    assert {one.alert_id for one in watcher.seen} & {one.alert_id for one in new} == {one.alert_id for one in own}
    watcher.call.cancel()


async def test_a_token_is_of_one_scope(workers):
    watcher = Seer(workers[0], "Q > *", "P > F1")
    await watcher.next()
    resumed = Seer(workers[1], "P > F1", "Q > *", resume_token=watcher.token)
    message = await resumed.call.read()
    assert message.kind != pb2.WatchAlertsResponse.SNAPSHOT
    for others in ((), ("P > F1",), ("*",)):
        call = Seer(workers[1], *others, resume_token=watcher.token).call
        assert await refused(call.read()) == (grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"])
    for one in (watcher, resumed):
        one.call.cancel()


async def test_who_watches_a_place_elsewhere_is_told_that_there_is_none(worker, alerts):
    not_there = (grpc.StatusCode.NOT_FOUND, "PLACE_NOT_FOUND")
    for factories, wanted in ((("F1",), {"factory": "F2"}), (("F1",), {"loc_id": "B-1"}), ((), {"factory": "F1"})):
        assert await reason(Seer(worker, *factories, **wanted).call.read()) == not_there
    watcher = Seer(worker, "F2", factory="F2", loc_id="B-1")
    await watcher.next()
    watcher.call.cancel()
