"""The servicers of places and sensors: they translate and decide nothing."""

from collections.abc import AsyncIterator
from typing import Any

from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import location_service_pb2_grpc, sensor_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2
from montrg.type.v1.change_pb2 import Change

from services.common.access.current import scope
from services.common.clock import Clock
from services.common.fields import same_id
from services.common.paging import page_request
from services.common.revisions import RevisionFeed
from services.location import convert
from services.location.service import LocationUseCases, SensorUseCases

PLACE_KEY = (str, str)
SENSOR_KEY = (str,)


class LocationHandler(location_service_pb2_grpc.LocationServiceServicer):
    """Serves LocationService."""

    def __init__(self, use_cases: LocationUseCases) -> None:
        self._locations = use_cases

    async def ListSensorLocations(self, request: Any, context: Any) -> pb2.ListSensorLocationsResponse:
        wanted = convert.location_filter(request)
        part = page_request(request.limit, request.skip, request.page_token, PLACE_KEY, wanted, scope())
        page = await self._locations.list_page(part, wanted, scope())
        entries = map(convert.sensor_location_to_proto, page.items)
        return pb2.ListSensorLocationsResponse(locations=entries, next_page_token=page.next_page_token)

    async def GetSensorLocation(self, request: Any, context: Any) -> pb2.SensorLocation:
        return convert.sensor_location_to_proto(await self._locations.where(request.sensor_id, scope()))

    async def BatchGetSensorLocations(self, request: Any, context: Any) -> pb2.BatchGetSensorLocationsResponse:
        found = await self._locations.where_many(convert.batch_ids(request.sensor_ids), scope())
        return pb2.BatchGetSensorLocationsResponse(locations=map(convert.sensor_location_to_proto, found))

    async def BatchGetLocations(self, request: Any, context: Any) -> pb2.BatchGetLocationsResponse:
        found = await self._locations.get_many(convert.batch_ids(request.loc_ids), scope())
        return pb2.BatchGetLocationsResponse(locations=map(convert.location_to_proto, found))

    async def GetLocation(self, request: Any, context: Any) -> pb2.Location:
        return convert.location_to_proto(await self._locations.get(request.loc_id, scope()))

    async def CreateLocation(self, request: Any, context: Any) -> pb2.Location:
        return convert.location_to_proto(await self._locations.create(convert.new_location(request), scope()))

    async def UpdateLocation(self, request: Any, context: Any) -> pb2.Location:
        same_id("loc_id", request.loc_id, request.location.loc_id)
        fields = convert.changed_location(request)
        return convert.location_to_proto(await self._locations.update(request.loc_id, fields, scope()))

    async def DeleteLocation(self, request: Any, context: Any) -> pb2.DeleteLocationResponse:
        await self._locations.delete(request.loc_id, scope())
        return pb2.DeleteLocationResponse(message=f"place {request.loc_id} is deleted", deleted=True)


class SensorHandler(sensor_service_pb2_grpc.SensorServiceServicer):
    """Serves SensorService."""

    def __init__(self, use_cases: SensorUseCases, feed: RevisionFeed, clock: Clock) -> None:
        self._sensors = use_cases
        self._feed = feed
        self._clock = clock

    async def ListSensors(self, request: Any, context: Any) -> sensor_pb2.ListSensorsResponse:
        wanted = convert.sensor_filter(request)
        part = page_request(request.limit, request.skip, request.page_token, SENSOR_KEY, wanted, scope())
        page = await self._sensors.list_page(part, wanted, scope())
        sensors = map(convert.sensor_to_proto, page.items)
        return sensor_pb2.ListSensorsResponse(sensors=sensors, next_page_token=page.next_page_token)

    async def GetSensor(self, request: Any, context: Any) -> sensor_pb2.Sensor:
        return convert.sensor_to_proto(await self._sensors.get(request.sensor_id, scope()))

    async def CreateSensor(self, request: Any, context: Any) -> sensor_pb2.Sensor:
        return convert.sensor_to_proto(await self._sensors.create(convert.new_sensor(request), scope()))

    async def UpdateSensor(self, request: Any, context: Any) -> sensor_pb2.Sensor:
        same_id("sensor_id", request.sensor_id, request.sensor.sensor_id)
        fields = convert.changed_sensor(request)
        return convert.sensor_to_proto(await self._sensors.update(request.sensor_id, fields, scope()))

    async def DeleteSensor(self, request: Any, context: Any) -> sensor_pb2.DeleteSensorResponse:
        await self._sensors.delete(request.sensor_id, scope())
        return sensor_pb2.DeleteSensorResponse(message=f"sensor {request.sensor_id} is deleted", deleted=True)

    async def GetDirectory(self, request: Any, context: Any) -> sensor_pb2.Directory:
        known = request.known_revision if request.HasField("known_revision") else None
        return convert.directory_to_proto(await self._sensors.directory(known), request.known_revision)

    async def WatchChanges(self, request: Any, context: Any) -> AsyncIterator[sensor_pb2.WatchChangesResponse]:
        async for revision in self._feed.watch():
            yield sensor_pb2.WatchChangesResponse(change=Change(revision=revision, send_time=self._clock()))
