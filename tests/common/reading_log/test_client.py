"""What a consumer makes of the log's answers, on a server that a test can make say anything."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.common.access.gate import OpenGate
from services.common.channels import connect
from services.common.errors import NotFoundError, OutOfRangeError, UnavailableError
from services.common.interceptors import CallInterceptor
from services.common.reading_log import client
from services.common.reading_log.client import LogClient, LogMark
from services.common.reading_log.read_ahead import MOST_READINGS, reading_ahead
from services.common.reading_log.state import Place
from tests.support.ports import free_port

PLACE = Place("old", 7)
MARK = LogMark(3)


def head(generation):
    return pb2.SubscribeResponse(head=pb2.LogHead(generation=generation, last_seq=3))


def batch(seq, readings=1):
    return pb2.SubscribeResponse(
        batch=pb2.ReadingBatch(seq=seq, temperature=[20.5] * readings, series_index=[0] * readings)
    )


class Script(reading_log_service_pb2_grpc.ReadingLogServiceServicer):
    """Answers each call with what a test says."""

    def __init__(self, messages=(), error=None):
        self._messages, self._error = messages, error
        self.sent = 0

    async def Subscribe(self, request, context):  # noqa: N802  the contract's name
        assert (request.consumer, request.generation, request.after_seq) == ("c", "old", 7)
        for message in self._messages:
            yield message
            self.sent += 1
        if self._error:
            raise self._error

    async def CommitOffset(self, request, context):  # noqa: N802
        raise self._error


@asynccontextmanager
async def served(script):
    server = grpc.aio.server(interceptors=[CallInterceptor(OpenGate())])
    reading_log_service_pb2_grpc.add_ReadingLogServiceServicer_to_server(script, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with connect(f"127.0.0.1:{port}") as channel:
            yield LogClient(channel, "c")
    finally:
        await server.stop(0)


async def read(log):
    """All messages of a stream, and the error that ended it."""
    found = []
    try:
        async for item in log.subscribe(PLACE):
            found.append(  # noqa: PERF401  it must survive the error
                item if isinstance(item, LogMark) else (item.generation, item.batch.seq)
            )
    except (UnavailableError, OutOfRangeError) as error:
        return found, error
    raise AssertionError("a stream of the log never ends well")


async def test_each_batch_is_of_the_generation_that_was_said_last():
    async with served(Script([head("old"), batch(8), head("new"), batch(9), batch(10)])) as log:
        found, error = await read(log)
    assert found == [MARK, ("old", 8), MARK, ("new", 9), ("new", 10)]
    assert error.reason == "LOG_ENDED"


async def test_a_place_that_does_not_hold_is_out_of_range_with_its_reason():
    refusal = OutOfRangeError("too late", "CURSOR_EXPIRED")
    async with served(Script([head("old")], refusal)) as log:
        found, error = await read(log)
        assert (found, type(error), error.reason) == ([MARK], OutOfRangeError, "CURSOR_EXPIRED")
        with pytest.raises(OutOfRangeError):
            await log.commit(PLACE)
    async with served(Script([], refusal)) as log:
        with pytest.raises(OutOfRangeError, match="too late"):
            await log.check(PLACE)


async def test_an_unknown_consumer_is_not_found_and_anything_else_means_try_again():
    for raised, seen in (
        (NotFoundError("no consumer", "CONSUMER_NOT_FOUND"), NotFoundError),
        (UnavailableError("the database is away", "DATABASE_UNAVAILABLE"), UnavailableError),
        (KeyError("a mistake"), UnavailableError),
    ):
        async with served(Script(error=raised)) as log:
            with pytest.raises(seen):
                await log.commit(PLACE)


async def test_a_server_that_is_not_there_means_try_again():
    async with connect(f"127.0.0.1:{free_port()}") as channel:
        found, error = await read(LogClient(channel, "c"))
    assert (found, type(error)) == ([], UnavailableError)


async def test_a_stream_that_is_silent_for_too_long_is_broken(monkeypatch):
    monkeypatch.setattr(client, "SILENCE_S", 0.2)

    class Silent(Script):
        async def Subscribe(self, request, context):  # noqa: N802  the contract's name
            yield head("old")
            await asyncio.Event().wait()

    async with served(Silent()) as log:
        found, error = await read(log)
    assert (found, error.reason) == ([MARK], "LOG_SILENT")


async def test_what_is_not_taken_stays_with_the_server():
    size = 1_000
    script = Script([head("old"), *(batch(seq, size) for seq in range(5_000))])
    async with served(script) as log, reading_ahead(log.subscribe(PLACE), lambda: None) as ahead:
        sent = -1
        while sent != script.sent:
            sent = script.sent
            await asyncio.sleep(0.5)
        # What was read, and what the connection holds of it: a few megabytes.
        assert MOST_READINGS < sent * size < 1_000_000
        assert len(ahead.take()) * size == MOST_READINGS
