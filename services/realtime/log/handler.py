"""The servicer of the reading log: it translates and decides nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.common.times import time_or_none
from services.realtime.log.convert import log_consumer, log_head, range_part, reading_extent, subscribed
from services.realtime.log.ranges import RangeUseCases
from services.realtime.log.service import LogUseCases


class ReadingLogHandler(reading_log_service_pb2_grpc.ReadingLogServiceServicer):
    """Serves ReadingLogService."""

    def __init__(self, log: LogUseCases, ranges: RangeUseCases) -> None:
        self._log = log
        self._ranges = ranges

    async def Subscribe(self, request: Any, context: Any) -> AsyncIterator[pb2.SubscribeResponse]:
        messages = self._log.subscribe(request.consumer, request.generation, request.after_seq)
        async with contextlib.aclosing(messages):
            async for message in messages:
                yield subscribed(message)

    async def RegisterConsumer(self, request: Any, context: Any) -> pb2.LogConsumer:
        return log_consumer(*await self._log.register(request.consumer))

    async def CommitOffset(self, request: Any, context: Any) -> pb2.LogConsumer:
        return log_consumer(*await self._log.commit(request.consumer, request.generation, request.seq))

    async def RemoveConsumer(self, request: Any, context: Any) -> pb2.RemoveConsumerResponse:
        await self._log.remove(request.consumer)
        return pb2.RemoveConsumerResponse()

    async def ListConsumers(self, request: Any, context: Any) -> pb2.ListConsumersResponse:
        consumers, head = await self._log.consumers()
        listed = [log_consumer(consumer, head) for consumer in consumers]
        return pb2.ListConsumersResponse(consumers=listed, head=log_head(head.mark()))

    async def ReadLatest(self, request: Any, context: Any) -> AsyncIterator[pb2.ReadRangeResponse]:
        async with contextlib.aclosing(self._ranges.latest()) as parts:
            async for part in parts:
                yield range_part(part)

    async def ReadRange(self, request: Any, context: Any) -> AsyncIterator[pb2.ReadRangeResponse]:
        start, end = time_or_none(request, "start_time"), time_or_none(request, "end_time")
        async with contextlib.aclosing(self._ranges.read(start, end, request.sensor_ids)) as parts:
            async for part in parts:
                yield range_part(part)

    async def GetReadingExtent(self, request: Any, context: Any) -> pb2.ReadingExtent:
        return reading_extent(await self._ranges.extent())
