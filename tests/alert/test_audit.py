"""What people do with alerts, subscriptions and silences, as the audit trail is told: who, what, and no secret."""

import asyncpg
import grpc
import pytest
from google.protobuf import json_format
from montrg.alert.v1 import alert_service_pb2 as alert_pb2
from montrg.alert.v1 import alert_service_pb2_grpc, silence_service_pb2_grpc, subscription_service_pb2_grpc
from montrg.alert.v1 import silence_service_pb2 as silence_pb2
from montrg.alert.v1 import subscription_service_pb2 as subscription_pb2

from services.alert.app import APP
from services.common.server import serve
from tests.conftest import settings_of
from tests.support.alerts import raised, threshold_alert
from tests.support.audit import AuditReceiver
from tests.support.callers import BelievingGate, person
from tests.support.mesh import eventually
from tests.support.refusals import refused

ANN = person("*", name="ann")
SECRETS = ("s3cr3t-of-a-webhook", "an0ther-s3cr3t", "T0ken")


@pytest.fixture(scope="module")
async def trail():
    receiver = AuditReceiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture(scope="module")
async def channel(admin_url, trail):
    variables = {"ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{trail.port}", "LOCATION_SERVICE_URL": "127.0.0.1:1"}
    settings, environment = settings_of(admin_url, "alert", **variables)
    async with (
        serve(APP, settings, environment, BelievingGate()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


@pytest.fixture
async def alert(admin_url):
    connection = await asyncpg.connect(admin_url)
    (alert,) = await raised(connection, threshold_alert("audited", plant="P1", factory="울산"))
    yield alert
    await connection.execute("DELETE FROM alert.alert WHERE alert_id = $1", alert.alert_id)
    await connection.close()


@pytest.fixture
def told(trail):
    """Waits for so many records of a thing."""

    async def of(kind, thing_id, count):
        def found():
            return [one for one in trail.records if (one.kind, one.id) == (kind, str(thing_id))]

        async def there():
            return len(found()) >= count

        await eventually(there)
        return found()

    return of


async def test_what_somebody_does_with_an_alert_is_recorded_beside_its_story(channel, alert, told):
    stub = alert_service_pb2_grpc.AlertServiceStub(channel)
    names = {"alert_id": alert.alert_id}
    await stub.AcknowledgeAlert(alert_pb2.AcknowledgeAlertRequest(**names, note="I go"), metadata=ANN)
    await stub.AcknowledgeAlert(alert_pb2.AcknowledgeAlertRequest(**names), metadata=ANN)  # says nothing new
    await stub.ShelveAlert(alert_pb2.ShelveAlertRequest(**names, minutes=5, reason="fan"), metadata=ANN)
    await stub.CommentAlert(alert_pb2.CommentAlertRequest(**names, actor="ann", note="done"), metadata=ANN)
    first, second, third = await told("alert", alert.alert_id, 3)
    assert [one.action for one in (first, second, third)] == ["acknowledged", "shelved", "commented"]
    assert [one.note for one in (first, second, third)] == ["I go", "fan", "done"]
    assert {(one.actor, one.actor_kind, one.actor_role, one.address) for one in (first, second, third)} == {
        ("ann", "person", "engineer", "192.0.2.7")
    }
    assert (first.plant, first.factory) == ("P1", "울산")
    assert (first.before["acknowledged_by"], first.after["acknowledged_by"]) == (None, "ann")
    assert {"acknowledged_by", "acknowledge_time"} <= set(first.changed_fields)


@pytest.mark.parametrize("verb", ["Acknowledge", "Shelve", "Comment", "Resolve", "Create"])
async def test_a_caller_who_is_signed_in_does_nothing_in_anothers_name(channel, alert, verb):
    stub = alert_service_pb2_grpc.AlertServiceStub(channel)
    request = getattr(alert_pb2, f"{verb}AlertRequest")(actor="bob")
    call = getattr(stub, f"{verb}Alert")(request, metadata=ANN)
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["actor"])


async def test_without_sign_in_the_record_names_who_they_said_they_are(channel, alert, told):
    stub = alert_service_pb2_grpc.AlertServiceStub(channel)
    request = alert_pb2.CommentAlertRequest(alert_id=alert.alert_id, actor="Lee", note="hot")
    await stub.CommentAlert(request)
    (one,) = await told("alert", alert.alert_id, 1)
    assert (one.actor, one.note) == ("Lee", "hot")


async def test_of_a_subscription_no_secret_is_recorded_but_that_it_was_changed(channel, told):
    stub = subscription_service_pb2_grpc.SubscriptionServiceStub(channel)
    request = subscription_pb2.CreateSubscriptionRequest()
    made = request.subscription
    made.channel, made.recipient, made.secret = "webhook", f"http://192.0.2.9/hook/{SECRETS[2]}", SECRETS[0]
    made.factory = "울산"
    subscription_id = (await stub.CreateSubscription(request, metadata=ANN)).subscription_id
    change = subscription_pb2.UpdateSubscriptionRequest(subscription_id=subscription_id)
    change.subscription.secret, change.subscription.recipient = SECRETS[1], f"http://192.0.2.9/{SECRETS[2]}"
    await stub.UpdateSubscription(change, metadata=ANN)
    names = {"subscription_id": subscription_id}
    await stub.DisableSubscription(subscription_pb2.DisableSubscriptionRequest(**names), metadata=ANN)
    await stub.DeleteSubscription(subscription_pb2.DeleteSubscriptionRequest(**names), metadata=ANN)
    records = await told("subscription", subscription_id, 4)
    assert [one.action for one in records] == ["created", "updated", "updated", "deleted"]
    assert [list(one.changed_fields) for one in records] == [
        [], ["recipient", "secret", "update_time"], ["enabled", "update_time"], [],
    ]  # fmt: skip
    assert (records[0].after["has_secret"], records[0].after["recipient"]) == (True, "http://192.0.2.9/…")
    assert {one.factory for one in records} == {"울산"}
    words = "".join(json_format.MessageToJson(one) for one in records)
    assert not [secret for secret in SECRETS if secret in words]


async def test_a_silence_is_recorded_from_its_beginning_to_its_end(channel, told):
    stub = silence_service_pb2_grpc.SilenceServiceStub(channel)
    request = silence_pb2.CreateSilenceRequest()
    request.silence.author, request.silence.reason, request.silence.sensor_id = "Kim", "repair", "S-1"
    request.silence.end_time.FromJsonString("2100-01-01T00:00:00Z")
    silence_id = (await stub.CreateSilence(request, metadata=ANN)).silence_id
    change = silence_pb2.UpdateSilenceRequest(silence_id=silence_id)
    change.silence.reason = "long repair"
    await stub.UpdateSilence(change, metadata=ANN)
    await stub.DeleteSilence(silence_pb2.DeleteSilenceRequest(silence_id=silence_id), metadata=ANN)
    records = await told("silence", silence_id, 3)
    assert [one.action for one in records] == ["created", "updated", "deleted"]
    assert [one.actor for one in records] == ["ann"] * 3
    assert (records[1].before["reason"], records[1].after["reason"]) == ("repair", "long repair")
    assert (records[0].after["end_time"], records[0].HasField("factory")) == ("2100-01-01T00:00:00Z", False)
