"""The realtime service on a database of the module's own, and the log as a neighbour sees it."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import asyncpg
import grpc
import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.realtime.app import APP as REALTIME
from tests.support.mesh import running_mesh
from tests.support.reading_log import prepared


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection."""
    async with prepared(admin_url) as connection:
        yield connection


@pytest.fixture(scope="module")
async def stub(admin_url, connection):
    """The log's contract."""
    async with running_mesh(admin_url) as mesh, grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        yield reading_log_service_pb2_grpc.ReadingLogServiceStub(channel)


@pytest.fixture
def log(stub):
    """Calls of the log, short."""

    def subscribe(generation="", seq=0):
        return stub.Subscribe(pb2.SubscribeRequest(consumer="c", generation=generation, after_seq=seq), timeout=20)

    async def read(count, generation="", seq=0):
        """The next messages after a place: a generation for a head, a number for a batch."""
        call = subscribe(generation, seq)
        messages = [await call.read() for _ in range(count)]
        call.cancel()
        return [m.batch.seq if m.WhichOneof("message") == "batch" else m.head.generation for m in messages]

    return SimpleNamespace(
        subscribe=subscribe,
        read=read,
        register=lambda name: stub.RegisterConsumer(pb2.RegisterConsumerRequest(consumer=name)),
        remove=lambda name: stub.RemoveConsumer(pb2.RemoveConsumerRequest(consumer=name)),
        commit=lambda name, generation, seq: stub.CommitOffset(
            pb2.CommitOffsetRequest(consumer=name, generation=generation, seq=seq)
        ),
        list=lambda: stub.ListConsumers(pb2.ListConsumersRequest()),
    )


@pytest.fixture
def locked_readings(admin_url):
    """A transaction before which nobody can read or write readings."""

    @asynccontextmanager
    async def locked_readings():
        other = await asyncpg.connect(admin_url)
        async with other.transaction():
            await other.execute("LOCK TABLE realtime.readings IN ACCESS EXCLUSIVE MODE")
            yield other
        await other.close()

    return locked_readings
