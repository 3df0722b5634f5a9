"""The calls of the reading log, as places, batches and domain errors."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.errors import (
    DomainError,
    FailedPreconditionError,
    NotFoundError,
    OutOfRangeError,
    UnavailableError,
)
from services.common.reading_log.state import Place

SILENCE_S = 20.0  # the log speaks at least every 15 s


@dataclass(frozen=True, slots=True)
class LogBatch:
    """A batch, and the generation that its number is of."""

    generation: str
    batch: pb2.ReadingBatch


@dataclass(frozen=True, slots=True)
class LogMark:
    """Says that the log is alive, and which batch is its last."""

    last_seq: int


class LogClient:
    """The log for one consumer. What fails raises UnavailableError: the same call may work later."""

    def __init__(self, channel: grpc.aio.Channel, consumer: str) -> None:
        self._stub = reading_log_service_pb2_grpc.ReadingLogServiceStub(channel)
        self._consumer = consumer

    async def register(self) -> None:
        """Has the log keep from now on what this consumer has not passed; does nothing if it does so already."""
        request = pb2.RegisterConsumerRequest(consumer=self._consumer)
        with domain_errors():
            await self._stub.RegisterConsumer(request, timeout=DEADLINE_S)

    async def end(self) -> Place:
        """Returns where the log ends now."""
        with domain_errors():
            answer = await self._stub.ListConsumers(pb2.ListConsumersRequest(), timeout=DEADLINE_S)
        return Place(answer.head.generation, answer.head.last_seq)

    async def commit(self, place: Place) -> pb2.LogConsumer:
        """Tells the log how far the consumer is, and returns what it says of the consumer.

        Raises:
            OutOfRangeError: the log cannot be followed from this place.
            NotFoundError: the consumer is not registered.
        """
        request = pb2.CommitOffsetRequest(consumer=self._consumer, generation=place.generation, seq=place.seq)
        with domain_errors():
            answer: pb2.LogConsumer = await self._stub.CommitOffset(request, timeout=DEADLINE_S)
        return answer

    async def check(self, place: Place) -> None:
        """Returns if the log can be followed from a place; else raises OutOfRangeError."""
        async with aclosing(self.subscribe(place)) as messages:
            await anext(messages)

    async def subscribe(self, place: Place) -> AsyncGenerator[LogBatch | LogMark, None]:
        """Yields a mark once the log has answered, then every batch after a place, and a mark as a sign of life.

        A message is read only when it is asked for. What is not read stays with the server, so that a slow reader
        needs no memory.

        Raises:
            OutOfRangeError: the log cannot be followed from there; its reason is CURSOR_EXPIRED, CURSOR_AHEAD or
                LOG_REPLACED.
            UnavailableError: the stream ended, or was silent for 20 s.
        """
        request = pb2.SubscribeRequest(consumer=self._consumer, generation=place.generation, after_seq=place.seq)
        call = self._stub.Subscribe(request)
        generation = place.generation
        try:
            while True:
                message = await _next(call)
                if message.WhichOneof("message") == "batch":
                    yield LogBatch(generation, message.batch)
                else:
                    generation = message.head.generation
                    yield LogMark(message.head.last_seq)
        finally:
            call.cancel()


async def _next(call: Any) -> pb2.SubscribeResponse:  # noqa: ANN401  grpc is untyped
    try:
        with domain_errors():
            async with asyncio.timeout(SILENCE_S):
                message: Any = await call.read()
    except TimeoutError as error:
        raise UnavailableError(f"the reading log was silent for {SILENCE_S:g} s", "LOG_SILENT") from error
    if message is grpc.aio.EOF:
        raise UnavailableError("the reading log ended the stream", "LOG_ENDED")
    answer: pb2.SubscribeResponse = message
    return answer


@contextmanager
def domain_errors() -> Iterator[None]:
    """Turns a refused call into the error that the server raised, as far as the caller can tell them apart."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _domain_error(error) from error


def _domain_error(error: grpc.aio.AioRpcError) -> DomainError:
    message = f"the reading log answered {error.code().name}: {error.details()}"
    if error.code() is grpc.StatusCode.OUT_OF_RANGE:
        return OutOfRangeError(message, _reason(error))
    if error.code() is grpc.StatusCode.NOT_FOUND:
        return NotFoundError(message, _reason(error))
    if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
        return FailedPreconditionError(str(error.details()), _reason(error))
    return UnavailableError(message, "LOG_UNAVAILABLE")


def _reason(error: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return str(info.reason)
    return error.code().name
