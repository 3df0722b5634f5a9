"""The servicers of thresholds and mappings: they translate and decide nothing."""

from collections.abc import AsyncIterator
from typing import Any

from montrg.thresholds.v1 import mapping_service_pb2 as mapping_pb2
from montrg.thresholds.v1 import mapping_service_pb2_grpc, threshold_service_pb2_grpc
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.type.v1.change_pb2 import Change

from services.common.access.current import scope
from services.common.clock import Clock
from services.common.fields import same_id
from services.common.paging import Page, PageRequest, page_request
from services.common.revisions import RevisionCache, RevisionFeed
from services.thresholds import convert
from services.thresholds.domain import Mapping, Threshold
from services.thresholds.service import MappingUseCases, ThresholdUseCases

KEY = (int,)


def _page(request: Any, *filters: object) -> PageRequest:
    return page_request(request.limit, request.skip, request.page_token, KEY, *filters)


def _thresholds(page: Page[Threshold]) -> dict[str, Any]:
    items = [convert.threshold_to_proto(t) for t in page.items]
    return {"thresholds": items, "next_page_token": page.next_page_token}


def _mappings(page: Page[Mapping]) -> dict[str, Any]:
    items = [convert.mapping_to_proto(m) for m in page.items]
    return {"mappings": items, "next_page_token": page.next_page_token}


class ThresholdHandler(threshold_service_pb2_grpc.ThresholdServiceServicer):
    """Serves ThresholdService."""

    def __init__(self, use_cases: ThresholdUseCases, feed: RevisionFeed, clock: Clock) -> None:
        self._thresholds = use_cases
        self._feed = feed
        self._clock = clock
        self._lists: RevisionCache[pb2.ListThresholdsResponse] = RevisionCache(feed)

    async def ListThresholds(self, request: Any, context: Any) -> pb2.ListThresholdsResponse:
        return await self._lists.get(request.SerializeToString(), lambda: self._list(request))

    async def _list(self, request: Any) -> pb2.ListThresholdsResponse:
        return pb2.ListThresholdsResponse(**_thresholds(await self._thresholds.list_page(_page(request))))

    async def ListThresholdsByType(self, request: Any, context: Any) -> pb2.ListThresholdsByTypeResponse:
        page = await self._thresholds.list_page(_page(request, request.threshold_type), request.threshold_type)
        return pb2.ListThresholdsByTypeResponse(**_thresholds(page))

    async def GetThreshold(self, request: Any, context: Any) -> pb2.Threshold:
        return convert.threshold_to_proto(await self._thresholds.get(request.threshold_id))

    async def CreateThreshold(self, request: Any, context: Any) -> pb2.Threshold:
        return convert.threshold_to_proto(await self._thresholds.create(convert.new_threshold(request)))

    async def UpdateThreshold(self, request: Any, context: Any) -> pb2.Threshold:
        same_id("threshold_id", request.threshold_id, request.threshold.threshold_id)
        fields = convert.changed_threshold(request)
        return convert.threshold_to_proto(await self._thresholds.update(request.threshold_id, fields))

    async def DeleteThreshold(self, request: Any, context: Any) -> pb2.DeleteThresholdResponse:
        await self._thresholds.delete(request.threshold_id)
        return pb2.DeleteThresholdResponse(message=f"threshold {request.threshold_id} is deleted", deleted=True)

    async def CheckThresholds(self, request: Any, context: Any) -> pb2.ThresholdCheck:
        gaps, overlaps = await self._thresholds.check(request.threshold_type or None)
        return pb2.ThresholdCheck(
            ok=not gaps and not overlaps,
            gaps=map(convert.finding_to_proto, gaps),
            overlaps=map(convert.finding_to_proto, overlaps),
        )

    async def GetRules(self, request: Any, context: Any) -> pb2.Rules:
        known = request.known_revision if request.HasField("known_revision") else None
        return convert.rules_to_proto(await self._thresholds.rules(known), request.known_revision)

    async def WatchChanges(self, request: Any, context: Any) -> AsyncIterator[pb2.WatchChangesResponse]:
        async for revision in self._feed.watch():
            yield pb2.WatchChangesResponse(change=Change(revision=revision, send_time=self._clock()))


class MappingHandler(mapping_service_pb2_grpc.MappingServiceServicer):
    """Serves MappingService."""

    def __init__(self, use_cases: MappingUseCases) -> None:
        self._mappings = use_cases

    async def ListMappings(self, request: Any, context: Any) -> mapping_pb2.ListMappingsResponse:
        return mapping_pb2.ListMappingsResponse(
            **_mappings(await self._mappings.list_page(_page(request, scope()), scope()))
        )

    async def ListSensorMappings(self, request: Any, context: Any) -> mapping_pb2.ListSensorMappingsResponse:
        part = _page(request, request.sensor_id, scope())
        page = await self._mappings.list_page(part, scope(), sensor_id=request.sensor_id)
        return mapping_pb2.ListSensorMappingsResponse(**_mappings(page))

    async def ListThresholdMappings(self, request: Any, context: Any) -> mapping_pb2.ListThresholdMappingsResponse:
        part = _page(request, request.threshold_id, scope())
        page = await self._mappings.list_page(part, scope(), threshold_id=request.threshold_id)
        return mapping_pb2.ListThresholdMappingsResponse(**_mappings(page))

    async def GetMapping(self, request: Any, context: Any) -> mapping_pb2.Mapping:
        return convert.mapping_to_proto(await self._mappings.get(request.map_id, scope()))

    async def CreateMapping(self, request: Any, context: Any) -> mapping_pb2.Mapping:
        return convert.mapping_to_proto(await self._mappings.create(convert.new_mapping(request), scope()))

    async def UpdateMapping(self, request: Any, context: Any) -> mapping_pb2.Mapping:
        same_id("map_id", request.map_id, request.mapping.map_id)
        fields = convert.changed_mapping(request)
        return convert.mapping_to_proto(await self._mappings.update(request.map_id, fields, scope()))

    async def DeleteMapping(self, request: Any, context: Any) -> mapping_pb2.DeleteMappingResponse:
        await self._mappings.delete(request.map_id, scope())
        return mapping_pb2.DeleteMappingResponse(message=f"mapping {request.map_id} is deleted", deleted=True)

    async def EnableMapping(self, request: Any, context: Any) -> mapping_pb2.Mapping:
        return convert.mapping_to_proto(await self._mappings.set_enabled(request.map_id, scope(), enabled=True))

    async def DisableMapping(self, request: Any, context: Any) -> mapping_pb2.Mapping:
        return convert.mapping_to_proto(await self._mappings.set_enabled(request.map_id, scope(), enabled=False))
