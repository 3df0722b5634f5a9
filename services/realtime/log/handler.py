"""The servicer of the reading log: it translates and decides nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.realtime.log.domain import Consumer, Entry, Head, Mark
from services.realtime.log.service import LogUseCases


def _head(mark: Mark) -> pb2.LogHead:
    return pb2.LogHead(generation=mark.generation, trimmed_seq=mark.trimmed_seq, last_seq=mark.last_seq)


def _batch(entry: Entry) -> pb2.ReadingBatch:
    batch = pb2.ReadingBatch.FromString(entry.payload)
    batch.seq = entry.seq
    batch.append_time.FromDatetime(entry.append_time)
    return batch


def _consumer(consumer: Consumer, head: Head) -> pb2.LogConsumer:
    return pb2.LogConsumer(
        consumer=consumer.name,
        generation=head.generation,
        seq=consumer.seq,
        report_time=consumer.report_time,
        lag_batches=consumer.lag_batches,
        lag_readings=consumer.lag_readings,
        lag_s=consumer.lag_s,
    )


class ReadingLogHandler(reading_log_service_pb2_grpc.ReadingLogServiceServicer):
    """Serves ReadingLogService."""

    def __init__(self, use_cases: LogUseCases) -> None:
        self._log = use_cases

    async def Subscribe(self, request: Any, context: Any) -> AsyncIterator[pb2.SubscribeResponse]:
        messages = self._log.subscribe(request.consumer, request.generation, request.after_seq)
        async with contextlib.aclosing(messages):
            async for message in messages:
                if isinstance(message, Entry):
                    yield pb2.SubscribeResponse(batch=_batch(message))
                else:
                    yield pb2.SubscribeResponse(head=_head(message))

    async def RegisterConsumer(self, request: Any, context: Any) -> pb2.LogConsumer:
        return _consumer(*await self._log.register(request.consumer))

    async def CommitOffset(self, request: Any, context: Any) -> pb2.LogConsumer:
        return _consumer(*await self._log.commit(request.consumer, request.generation, request.seq))

    async def RemoveConsumer(self, request: Any, context: Any) -> pb2.RemoveConsumerResponse:
        await self._log.remove(request.consumer)
        return pb2.RemoveConsumerResponse()

    async def ListConsumers(self, request: Any, context: Any) -> pb2.ListConsumersResponse:
        consumers, head = await self._log.consumers()
        return pb2.ListConsumersResponse(consumers=[_consumer(c, head) for c in consumers], head=_head(head.mark()))
