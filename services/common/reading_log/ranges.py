"""Reads the stored readings of a time range as of one place in the log, and the newest one of each sensor."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any

import grpc
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.errors import UnavailableError
from services.common.reading_log.client import SILENCE_S, domain_errors
from services.common.reading_log.columns import ReadingSlice, cut
from services.common.reading_log.shards import SHARDS
from services.common.reading_log.state import Extent, Place
from services.common.times import moment, time_or_none


class RangeClient:
    """The stored readings. A call that fails raises UnavailableError: the same may work later."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = reading_log_service_pb2_grpc.ReadingLogServiceStub(channel)

    async def extent(self) -> Extent:
        """Returns from when to when there are readings."""
        with domain_errors():
            answer = await self._stub.GetReadingExtent(pb2.GetReadingExtentRequest(), timeout=DEADLINE_S)
        first, end = time_or_none(answer, "first_time"), time_or_none(answer, "end_time")
        return Extent(first, end, moment(answer.frozen_before))

    async def read(
        self, start: datetime, end: datetime, sensor_ids: Sequence[str] = ()
    ) -> AsyncGenerator[Place | ReadingSlice, None]:
        """Yields a place, then all readings from `start` to before `end` that were appended up to it, and none later.

        Each slice has the place's seq. Without sensor_ids it is every sensor.

        Raises:
            FailedPreconditionError: retention has dropped some of the range; its reason is FROZEN.
            UnavailableError: the stream broke before its end.
        """
        request = pb2.ReadRangeRequest(start_time=start, end_time=end, sensor_ids=sensor_ids)
        # It may have to wait for its turn.
        async with aclosing(_parts(self._stub.ReadRange(request), patience_s=None)) as parts:
            async for part in parts:
                yield part

    async def latest(self) -> AsyncGenerator[Place | ReadingSlice, None]:
        """Yields a place, then the newest reading of each sensor: at least as new as what was appended up to the place.

        Raises:
            UnavailableError: the stream broke before its end, or was silent for 20 s.
        """
        call = self._stub.ReadLatest(pb2.ReadLatestRequest())
        async with aclosing(_parts(call, patience_s=SILENCE_S)) as parts:
            async for part in parts:
                yield part


async def _parts(call: Any, patience_s: float | None) -> AsyncGenerator[Place | ReadingSlice, None]:  # noqa: ANN401  grpc is untyped
    place, count, total = Place("", 0), 0, -1
    try:
        while (message := await _next(call, patience_s)) is not None:
            kind = message.WhichOneof("message")
            if kind == "head":
                place = Place(message.head.generation, message.head.seq)
                yield place
            elif kind == "end":
                total = message.end.readings
            elif (part := cut(message.batch, range(SHARDS))) is not None:
                count += len(part)
                yield replace(part, seq=place.seq)
    finally:
        call.cancel()
    if count != total:
        raise UnavailableError("the readings of a range broke off", "RANGE_INCOMPLETE")


async def _next(call: Any, patience_s: float | None) -> pb2.ReadRangeResponse | None:  # noqa: ANN401
    """Returns the next message, or None at the end."""
    try:
        with domain_errors():
            async with asyncio.timeout(patience_s):
                message: Any = await call.read()
    except TimeoutError as error:
        raise UnavailableError(f"the readings did not come for {patience_s:g} s", "LOG_SILENT") from error
    return None if message is grpc.aio.EOF else message
