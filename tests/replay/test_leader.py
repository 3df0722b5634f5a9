"""The shift leader of the replay against the real alert service: who is told, and that a person's word counts."""

import asyncio
from contextlib import suppress

import pytest
from montrg.alert.v1 import subscription_service_pb2 as pb2
from montrg.alert.v1.subscription_service_pb2_grpc import SubscriptionServiceStub

from services.alert.app import APP as ALERT
from services.common.channels import Target, connect
from services.replay import app, receiver, state
from services.replay.leader import NAME, ShiftLeader
from services.replay.stations import STATIONS
from services.replay.subscriptions import MeshSubscriptions
from tests.support.mesh import alerting_mesh, eventually
from tests.support.ports import free_port


@pytest.fixture(scope="module")
async def target(admin_url):
    async with alerting_mesh(admin_url) as mesh:
        yield Target(mesh.url(ALERT))


@pytest.fixture(scope="module")
async def channel(target):
    async with connect(target) as channel:
        yield channel


@pytest.fixture(scope="module")
def alert(channel):
    return SubscriptionServiceStub(channel)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def path(tmp_path):
    return tmp_path / state.LEADER_FILE_NAME


@pytest.fixture
async def leader(channel, alert, path, port):
    mesh = MeshSubscriptions(channel)
    leader = ShiftLeader(mesh, path, receiver.address(port))
    await leader.begin()
    yield leader
    if found := await mesh.find(receiver.address(port)):
        await alert.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=found))


async def own(alert, port):
    """The subscriptions of this run's receiver."""
    answer = await alert.ListSubscriptions(pb2.ListSubscriptionsRequest())
    return [one for one in answer.subscriptions if one.recipient == receiver.address(port)]


async def test_the_first_start_subscribes_and_a_test_message_arrives(alert, leader, port, caplog):
    caplog.set_level("INFO")
    (made,) = await own(alert, port)
    assert (made.name, made.plant, made.enabled) == (NAME, STATIONS[0].plant, True)
    with receiver.listening(port):
        outcome = await alert.TestSubscription(
            pb2.TestSubscriptionRequest(subscription_id=made.subscription_id), timeout=15
        )
    assert outcome.sent, outcome.error
    assert any(record.message == "told" and NAME in record.what for record in caplog.records)


async def test_it_rests_while_the_replay_does_not_run(alert, leader, port):
    await leader.rest()
    assert [one.enabled for one in await own(alert, port)] == [False]
    await leader.begin()
    assert [one.enabled for one in await own(alert, port)] == [True]


async def test_who_disables_it_is_not_overruled(alert, leader, port):
    (made,) = await own(alert, port)
    await alert.DisableSubscription(pb2.DisableSubscriptionRequest(subscription_id=made.subscription_id))
    await leader.rest()
    await leader.begin()
    assert [one.enabled for one in await own(alert, port)] == [False]


async def test_who_deletes_it_is_not_overruled(alert, leader, port):
    (made,) = await own(alert, port)
    await alert.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=made.subscription_id))
    await leader.rest()
    await leader.begin()
    assert await own(alert, port) == []


async def test_one_that_was_given_another_address_is_a_persons_own(alert, leader, path, port):
    (made,) = await own(alert, port)
    changed = pb2.Subscription(recipient="http://127.0.0.1:9/mine")
    request = pb2.UpdateSubscriptionRequest(subscription_id=made.subscription_id, subscription=changed)
    await alert.UpdateSubscription(request)
    await leader.rest()
    await leader.begin()
    left = await alert.GetSubscription(pb2.GetSubscriptionRequest(subscription_id=made.subscription_id))
    assert (left.recipient, left.enabled) == (changed.recipient, True)
    await alert.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=made.subscription_id))


async def test_a_lost_file_makes_no_second_one(alert, leader, path, port):
    path.unlink()
    await leader.begin()
    assert len(await own(alert, port)) == 1


async def test_another_port_at_the_next_start_is_told_to_the_mesh(channel, alert, leader, path, port):
    await leader.rest()
    other = free_port()
    moved = ShiftLeader(MeshSubscriptions(channel), path, receiver.address(other))
    await moved.begin()
    assert [one.enabled for one in await own(alert, other)] == [True]
    assert await own(alert, port) == []
    path.unlink()
    await ShiftLeader(MeshSubscriptions(channel), path, receiver.address(other)).begin()
    (left,) = await own(alert, other)
    await alert.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=left.subscription_id))


async def test_a_replay_that_is_cancelled_leaves_it_resting(target, alert, path, port):
    told = app.Told(target, port, path)

    async def run():
        async with app._telling(told):
            await asyncio.Event().wait()

    running = asyncio.create_task(run())

    async def is_told():
        return [one.enabled for one in await own(alert, port)] == [True]

    await eventually(is_told)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    (left,) = await own(alert, port)
    assert not left.enabled
    await alert.DeleteSubscription(pb2.DeleteSubscriptionRequest(subscription_id=left.subscription_id))
