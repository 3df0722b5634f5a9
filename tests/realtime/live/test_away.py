"""The live view while its database is away: cut off, silent, or not there from the start."""

import asyncio

import grpc
import pytest
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc

from services.realtime.app import APP as REALTIME
from services.realtime.live import view
from tests.realtime.live.conftest import reading
from tests.support.mesh import eventually
from tests.support.refusals import refused


@pytest.fixture
async def known(worker, register, request):
    """A sensor with a reading, of a worker that is well."""
    name = f"known-{abs(hash(request.node.name)) % 10**8}"
    await register(name)
    await worker.write(reading(name, 21.5))

    await eventually(worker.is_well)
    return name


async def test_without_the_database_the_answer_comes_from_memory_and_says_so(worker, gate, known, admin_url):
    watcher = worker.watch()
    await watcher.next()
    await gate.shut()
    try:

        async def says_so():
            measured, degraded = await worker.get()
            assert measured[known].metrics.temperature.value == 21.5
            return degraded and degraded[0].startswith("READINGS_STALE since 20")

        await eventually(says_so)
        while not (message := await watcher.next()).degraded:
            pass
        assert message.degraded[0].startswith("READINGS_STALE since 20")
    finally:
        await gate.open()
    await eventually(worker.is_well)
    while (await watcher.next()).degraded:
        pass
    await worker.write(reading(known, 22.5))
    await watcher.until(lambda shown: shown[known].metrics.temperature.value == 22.5)


async def test_what_others_wrote_while_it_was_cut_off_is_shown_afterwards(worker, gate, known, mesh):
    watcher = worker.watch()
    await watcher.next()
    await gate.shut()
    try:
        async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:  # its way to the database is another
            stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
            await stub.WriteReadings(ingest_service_pb2.WriteReadingsRequest(readings=[reading(known, 5.5)]))
    finally:
        await gate.open()
    await watcher.until(lambda shown: shown[known].metrics.temperature.value == 5.5)


async def test_a_database_that_says_nothing_is_not_waited_for(worker, gate, known, monkeypatch):
    monkeypatch.setattr(view, "PATIENCE_S", 0.3)
    gate.block()
    try:
        async with asyncio.timeout(5):
            measured, degraded = await worker.get()
        assert known in measured
        assert degraded[0].startswith("READINGS_STALE since 20")
    finally:
        gate.unblock()
    await eventually(worker.is_well)


async def test_a_worker_that_has_never_read_anything_says_that_it_is_unavailable(new_worker, gate, known):
    worker = new_worker()
    await gate.shut()
    try:
        await worker.start()
        code, _ = await refused(worker.get())
        assert code == grpc.StatusCode.UNAVAILABLE
    finally:
        await gate.open()

    async def recovered():
        try:
            return known in (await worker.get())[0]
        except grpc.aio.AioRpcError:
            return False

    await eventually(recovered)
    await worker.stop()
