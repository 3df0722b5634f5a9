"""The servicer of backfills: it translates and decides nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from montrg.aggregation.v1 import backfill_service_pb2 as pb2
from montrg.aggregation.v1 import backfill_service_pb2_grpc

from services.aggregation.backfill.convert import backfill_to_proto, verified_to_proto
from services.aggregation.backfill.service import BackfillUseCases
from services.aggregation.backfill.verification import Verifier
from services.common.fields import given
from services.common.paging import page_request

KEY = (int,)
DAYS = ("start_date", "end_date")


def _days(message: Any) -> list[str | None]:
    days = given(message, DAYS)
    return [days.get(name) for name in DAYS]


class BackfillHandler(backfill_service_pb2_grpc.BackfillServiceServicer):
    """Serves BackfillService."""

    def __init__(self, backfills: BackfillUseCases, verifier: Verifier) -> None:
        self._backfills = backfills
        self._verifier = verifier

    async def CreateBackfill(self, request: Any, context: Any) -> pb2.Backfill:
        return backfill_to_proto(await self._backfills.create(*_days(request.backfill)))

    async def GetBackfill(self, request: Any, context: Any) -> pb2.Backfill:
        return backfill_to_proto(await self._backfills.get(request.backfill_id))

    async def ListBackfills(self, request: Any, context: Any) -> pb2.ListBackfillsResponse:
        page = await self._backfills.list_page(page_request(request.limit, request.skip, request.page_token, KEY))
        listed = [backfill_to_proto(backfill) for backfill in page.items]
        return pb2.ListBackfillsResponse(backfills=listed, next_page_token=page.next_page_token)

    async def CancelBackfill(self, request: Any, context: Any) -> pb2.Backfill:
        return backfill_to_proto(await self._backfills.cancel(request.backfill_id))

    async def VerifyRollups(self, request: Any, context: Any) -> AsyncIterator[pb2.VerifyRollupsResponse]:
        async with contextlib.aclosing(self._verifier.verify(*_days(request))) as messages:
            async for message in messages:
                yield verified_to_proto(message)
