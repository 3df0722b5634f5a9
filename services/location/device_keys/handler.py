"""The servicers of device keys: they translate and decide nothing."""

from collections.abc import AsyncIterator
from typing import Any

from montrg.location.v1 import device_key_registry_service_pb2 as registry_pb2
from montrg.location.v1 import device_key_registry_service_pb2_grpc, device_key_service_pb2_grpc
from montrg.location.v1 import device_key_service_pb2 as pb2
from montrg.type.v1.change_pb2 import Change

from services.common.access.current import scope
from services.common.clock import Clock
from services.common.paging import page_request
from services.common.revisions import RevisionFeed
from services.location.device_keys import convert
from services.location.device_keys.service import DeviceKeyUseCases


class DeviceKeyHandler(device_key_service_pb2_grpc.DeviceKeyServiceServicer):
    """Serves DeviceKeyService."""

    def __init__(self, use_cases: DeviceKeyUseCases) -> None:
        self._keys = use_cases

    async def ListDeviceKeys(self, request: Any, context: Any) -> pb2.ListDeviceKeysResponse:
        wanted = convert.key_filter(request)
        part = page_request(request.limit, request.skip, request.page_token, (str,), wanted, scope())
        page = await self._keys.list_page(part, wanted, scope())
        keys = map(convert.to_proto, page.items)
        return pb2.ListDeviceKeysResponse(device_keys=keys, next_page_token=page.next_page_token)

    async def GetDeviceKey(self, request: Any, context: Any) -> pb2.DeviceKey:
        return convert.to_proto(await self._keys.get(request.key_id, scope()))

    async def CreateDeviceKey(self, request: Any, context: Any) -> pb2.DeviceKey:
        return convert.issued_to_proto(await self._keys.create(convert.new_fields(request), scope()))

    async def RotateDeviceKey(self, request: Any, context: Any) -> pb2.DeviceKey:
        overlap = request.overlap_minutes if request.HasField("overlap_minutes") else None
        return convert.issued_to_proto(await self._keys.rotate(request.key_id, overlap, scope()))

    async def DeleteDeviceKey(self, request: Any, context: Any) -> pb2.DeleteDeviceKeyResponse:
        await self._keys.delete(request.key_id, scope())
        return pb2.DeleteDeviceKeyResponse(message=f"device key {request.key_id} is revoked", deleted=True)


class DeviceKeyRegistryHandler(device_key_registry_service_pb2_grpc.DeviceKeyRegistryServiceServicer):
    """Serves DeviceKeyRegistryService."""

    def __init__(self, use_cases: DeviceKeyUseCases, feed: RevisionFeed, clock: Clock) -> None:
        self._keys = use_cases
        self._feed = feed
        self._clock = clock

    async def GetDeviceKeys(self, request: Any, context: Any) -> registry_pb2.GetDeviceKeysResponse:
        known = request.known_revision if request.HasField("known_revision") else None
        return convert.registry_to_proto(await self._keys.all(known), request.known_revision)

    async def WatchDeviceKeys(self, request: Any, context: Any) -> AsyncIterator[registry_pb2.WatchDeviceKeysResponse]:
        async for revision in self._feed.watch():
            yield registry_pb2.WatchDeviceKeysResponse(change=Change(revision=revision, send_time=self._clock()))

    async def ReportDeviceKeyUse(self, request: Any, context: Any) -> registry_pb2.ReportDeviceKeyUseResponse:
        await self._keys.report(convert.uses(request))
        return registry_pb2.ReportDeviceKeyUseResponse()
