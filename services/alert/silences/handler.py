"""The servicer of silences: it translates and decides nothing."""

from typing import Any

from montrg.alert.v1 import silence_service_pb2 as pb2
from montrg.alert.v1 import silence_service_pb2_grpc

from services.alert.silences import convert
from services.alert.silences.service import SilenceUseCases
from services.common.access.current import scope
from services.common.clock import Clock
from services.common.fields import same_id
from services.common.paging import page_request


class SilenceHandler(silence_service_pb2_grpc.SilenceServiceServicer):
    """Serves SilenceService."""

    def __init__(self, use_cases: SilenceUseCases, clock: Clock) -> None:
        self._silences = use_cases
        self._clock = clock

    async def ListSilences(self, request: Any, context: Any) -> pb2.ListSilencesResponse:
        wanted = page_request(request.limit, request.skip, request.page_token, (int,), request.current, scope())
        page = await self._silences.list_page(wanted, scope(), current=request.current)
        items = [convert.to_proto(silence, self._clock()) for silence in page.items]
        return pb2.ListSilencesResponse(silences=items, next_page_token=page.next_page_token)

    async def GetSilence(self, request: Any, context: Any) -> pb2.Silence:
        return convert.to_proto(await self._silences.get(request.silence_id, scope()), self._clock())

    async def CreateSilence(self, request: Any, context: Any) -> pb2.Silence:
        return convert.to_proto(await self._silences.create(convert.new_fields(request), scope()), self._clock())

    async def UpdateSilence(self, request: Any, context: Any) -> pb2.Silence:
        same_id("silence_id", request.silence_id, request.silence.silence_id)
        fields = convert.changed_fields(request)
        return convert.to_proto(await self._silences.update(request.silence_id, fields, scope()), self._clock())

    async def DeleteSilence(self, request: Any, context: Any) -> pb2.DeleteSilenceResponse:
        await self._silences.delete(request.silence_id, scope())
        return pb2.DeleteSilenceResponse(message=f"silence {request.silence_id} is deleted", deleted=True)
