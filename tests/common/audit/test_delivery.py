"""Records of changes on their way: none is lost and none comes twice, whoever is killed, away or in the way."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import grpc
import pytest
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc

from services.common import delivery
from services.common.audit import sender
from services.thresholds.app import APP
from tests.conftest import service_url
from tests.support.audit import AuditReceiver
from tests.support.mesh import eventually
from tests.support.worker import Worker

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def connection(admin_url):
    connection = await asyncpg.connect(admin_url)
    await connection.execute("TRUNCATE thresholds.audit_outbox")
    yield connection
    await connection.close()


@pytest.fixture
async def receiver():
    receiver = AuditReceiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def workers(admin_url, receiver, connection):
    """Two replicas of thresholds, which send to the receiver."""
    variables = {"ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{receiver.port}"}
    pair = [Worker(APP, admin_url, variables) for _ in range(2)]
    for worker in pair:
        await worker.start()
    yield pair
    for worker in pair:
        await worker.stop()


@pytest.fixture
def all_sent(connection):
    async def nothing_waits():
        return not await connection.fetchval("SELECT count(*) FROM thresholds.audit_outbox")

    return lambda: eventually(nothing_waits, 60.0)


async def create(channel, metadata=()):
    request = pb2.CreateThresholdRequest(threshold=pb2.Threshold(threshold_type="humidity", level="red", min_value=90))
    request.threshold.mapped_only = True
    stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
    return await stub.CreateThreshold(request, metadata=metadata)


async def update(channel, threshold_id, value):
    request = pb2.UpdateThresholdRequest(threshold_id=threshold_id, threshold=pb2.Threshold(min_value=value))
    return await threshold_service_pb2_grpc.ThresholdServiceStub(channel).UpdateThreshold(request)


async def test_a_change_arrives_at_once_with_who_made_it_and_both_its_sides(workers, receiver, all_sent):
    origin = (("x-request-id", "r-17"), ("x-montrg-address", "192.0.2.7"))
    made = await create(workers[0].channel, origin)
    await update(workers[1].channel, made.threshold_id, 91.5)
    stub = threshold_service_pb2_grpc.ThresholdServiceStub(workers[0].channel)
    await stub.DeleteThreshold(pb2.DeleteThresholdRequest(threshold_id=made.threshold_id))
    async with asyncio.timeout(delivery.LOOK_EVERY_S):  # it does not wait to be looked for
        await all_sent()
    created, updated, deleted = receiver.records
    assert (created.service, created.kind, created.id) == ("thresholds", "threshold", str(made.threshold_id))
    assert [one.action for one in receiver.records] == ["created", "updated", "deleted"]
    assert (created.actor, created.actor_role, created.actor_kind) == ("anonymous", "admin", "person")
    assert (created.request_id, created.address) == ("r-17", "192.0.2.7")
    assert (created.HasField("before"), deleted.HasField("after")) == (False, False)
    assert (created.after["level"], created.after["max_value"]) == ("red", None)
    assert (updated.before["min_value"], updated.after["min_value"]) == (90, 91.5)
    assert list(updated.changed_fields) == ["min_value", "upd_dt"]
    assert deleted.before == updated.after


async def test_what_is_changed_at_once_arrives_from_one_sender_and_in_the_order_of_each_thing(
    workers, receiver, all_sent
):
    made = [await create(workers[0].channel) for _ in range(4)]
    steps = range(25)

    async def live(number, one):
        for step in steps:
            await update(workers[(number + step) % 2].channel, one.threshold_id, float(step))

    await asyncio.gather(*(live(number, one) for number, one in enumerate(made)))
    await all_sent()
    assert (len(receiver.records), receiver.duplicates, receiver.together) == (104, 0, 0)
    for one in made:
        of_it = [record for record in receiver.records if record.id == str(one.threshold_id)][1:]
        assert [record.after["min_value"] for record in of_it] == list(steps)
        moments = [record.record_time.ToNanoseconds() for record in of_it]
        assert moments == sorted(set(moments))


async def test_while_the_history_is_away_changes_go_on_and_arrive_later(workers, receiver, connection, all_sent):
    await receiver.stop()
    made = [await create(workers[n % 2].channel) for n in range(20)]
    assert await connection.fetchval("SELECT count(*) FROM thresholds.audit_outbox") == 20
    await receiver.start()
    await all_sent()
    assert [record.id for record in receiver.records] == [str(one.threshold_id) for one in made]


async def test_a_service_that_is_killed_between_commit_and_delivery_loses_nothing_and_doubles_nothing(
    admin_url, connection, receiver, all_sent
):
    environment = os.environ | {
        "MONTRG_DATABASE_URL": service_url(admin_url, "thresholds"), "MONTRG_PORT": "0",
        "ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{receiver.port}",
    }  # fmt: skip
    receiver.held = asyncio.Event()
    writing = [str(ROOT / "tests" / "common" / "audit" / "writing.py"), service_url(admin_url, "thresholds")]
    with (
        subprocess.Popen([sys.executable, "-m", "services.thresholds"], cwd=ROOT, env=environment) as server,
        subprocess.Popen([sys.executable, *writing], cwd=ROOT, env=environment) as writer,
    ):
        try:
            async with asyncio.timeout(60):
                await receiver.waiting.wait()
        finally:
            server.kill()
            writer.kill()
    receiver.held.set()
    receiver.held = None
    worker = Worker(APP, admin_url, {"ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{receiver.port}"})
    await worker.start()
    try:
        await all_sent()
    finally:
        await worker.stop()
    stored = await connection.fetch("SELECT threshold_id FROM thresholds.threshold WHERE source LIKE 'killed-%'")
    assert sorted(int(record.id) for record in receiver.records) == sorted(row[0] for row in stored)
    assert receiver.duplicates > 0, "nothing was under way: the test shows nothing"


async def test_a_record_that_is_refused_keeps_no_other_one_waiting(
    workers, connection, receiver, all_sent, monkeypatch
):
    monkeypatch.setattr(delivery, "ASIDE_S", 1.0)
    monkeypatch.setattr(delivery, "LOOK_EVERY_S", 0.5)
    await receiver.stop()
    made = [await create(workers[0].channel) for _ in range(10)]
    receiver.refused = {str(made[3].threshold_id)}
    await receiver.start()

    async def others_are_there():
        return len(receiver.records) == 9

    async def it_alone_waits():
        return await connection.fetchval("SELECT count(*) FROM thresholds.audit_outbox") == 1

    await eventually(others_are_there)
    # What was taken goes out of the outbox a moment later.
    await eventually(it_alone_waits)
    receiver.refused = set()
    await all_sent()
    assert len(receiver.records) == 10


async def test_a_change_that_is_rolled_back_leaves_no_record(workers, connection):
    stub = threshold_service_pb2_grpc.ThresholdServiceStub(workers[0].channel)
    with pytest.raises(grpc.aio.AioRpcError):
        await update(workers[0].channel, 1, 1000.0)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.DeleteThreshold(pb2.DeleteThresholdRequest(threshold_id=999_999))
    assert await connection.fetchval("SELECT count(*) FROM thresholds.audit_outbox") == 0


def test_a_call_takes_so_many_records_as_it_can_carry_and_at_least_one():
    moment, large = datetime.now(UTC), "x" * (sender.MOST_BYTES // 3)
    rows = [(number, str(number), moment, large) for number in range(5)]
    assert [row[0] for row in sender.first_part(rows)] == [0, 1, 2]
    assert sender.first_part([(0, "0", moment, "x" * 2 * sender.MOST_BYTES), rows[1]])[-1][0] == 0
