"""The mesh as the replay sees it: registers stations and writes readings over the public contracts."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import grpc
from montrg.location.v1 import (
    location_service_pb2,
    location_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc

from services.replay.record import Row
from services.replay.stations import Station

log = logging.getLogger(__name__)

SOURCE = "replay"
UNIT = "fahrenheit"
FIRST_WAIT_S, MOST_WAIT_S = 0.2, 5.0
CALL_S, WRITE_S = 5.0, 60.0
# All that is sent may be sent twice, so a call of which the answer was lost is simply made again.
_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Mesh:
    """Satisfies the replay's Mesh over gRPC."""

    def __init__(self, location: grpc.aio.Channel, realtime: grpc.aio.Channel, interval_s: int) -> None:
        self._locations = location_service_pb2_grpc.LocationServiceStub(location)
        self._sensors = sensor_service_pb2_grpc.SensorServiceStub(location)
        self._ingest = ingest_service_pb2_grpc.IngestServiceStub(realtime)
        self._interval_s = interval_s

    async def register(self, station: Station) -> None:
        """Creates the station's place and sensor where they are not there yet."""
        place = location_service_pb2.Location(
            loc_id=station.loc_id,
            plant=station.plant,
            factory=station.factory,
            building=station.building,
            floor=station.floor,
            area=station.area,
        )
        await _create(self._locations.CreateLocation, location_service_pb2.CreateLocationRequest(location=place))
        sensor = sensor_service_pb2.Sensor(
            sensor_id=station.name,
            loc_id=station.loc_id,
            name=station.title,
            height_m=station.height_m,
            interval_s=self._interval_s,
        )
        await _create(self._sensors.CreateSensor, sensor_service_pb2.CreateSensorRequest(sensor=sensor))

    async def has_readings(self, station: Station) -> bool:
        """Tells whether any reading of the station is stored."""
        request = ingest_service_pb2.ListReadingsRequest(sensor_id=station.name, limit=1)
        try:
            answer = await patiently(lambda: self._ingest.ListReadings(request, timeout=CALL_S))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return False
            raise
        return bool(answer.readings)

    async def write(self, rows: Sequence[Row]) -> None:
        """Stores rows; returns once they are on disk. What is refused is logged: sending it again is of no use."""
        request = ingest_service_pb2.WriteReadingsRequest(readings=_readings(rows))
        wait = FIRST_WAIT_S
        while True:
            answer = await patiently(lambda: self._ingest.WriteReadings(request, timeout=WRITE_S))
            if not answer.unavailable:
                break
            await asyncio.sleep(wait)
            wait = min(wait * 2, MOST_WAIT_S)
        if answer.rejected:
            refused = next(o for o in answer.outcomes if o.outcome == ingest_service_pb2.RowOutcome.REJECTED)
            log.warning("readings refused", extra={"rows": answer.rejected, "first_reason": refused.reason})


async def patiently(call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - grpc's stubs are untyped
    """Makes a call, and makes it again for as long as the mesh is away."""
    wait = FIRST_WAIT_S
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in _AGAIN:
                raise
            log.info("waiting for the mesh", extra={"status": error.code().name, "wait_s": wait})
        await asyncio.sleep(wait)
        wait = min(wait * 2, MOST_WAIT_S)


async def _create(method: Callable[..., Awaitable[Any]], request: object) -> None:
    try:
        await patiently(lambda: method(request, timeout=CALL_S))
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise


def _readings(rows: Iterable[Row]) -> list[ingest_service_pb2.Reading]:
    return [
        ingest_service_pb2.Reading(
            sensor_id=row.station,
            capture_time=row.moment,
            temperature=row.values.temperature_f,
            humidity=row.values.humidity,
            temperature_unit=UNIT,
            source=SOURCE,
        )
        for row in rows
    ]
