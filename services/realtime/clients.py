"""The neighbours' stubs: the registration of sensors, and the use of device keys."""

import logging
from collections.abc import Sequence

import grpc
from montrg.location.v1 import (
    device_key_registry_service_pb2,
    device_key_registry_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)

from services.common.channels import DEADLINE_S
from services.common.neighbours import away
from services.realtime.devices import Use

log = logging.getLogger(__name__)


class SensorRegistrar:
    """Satisfies Registrar: registers unknown sensors at one place, where a person then moves them from."""

    def __init__(self, channel: grpc.aio.Channel, loc_id: str) -> None:
        self._stub = sensor_service_pb2_grpc.SensorServiceStub(channel)
        self._loc_id = loc_id

    async def register(self, sensor_ids: Sequence[str]) -> None:
        """Creates the sensors; one that location refuses stays unknown, and the log says why."""
        for sensor_id in sensor_ids:
            sensor = sensor_service_pb2.Sensor(sensor_id=sensor_id, loc_id=self._loc_id)
            try:
                await self._stub.CreateSensor(sensor_service_pb2.CreateSensorRequest(sensor=sensor), timeout=DEADLINE_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
                    log.warning("not registered", extra={"sensor_id": sensor_id, "error": str(away("location", error))})
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    return  # and so would it be for each of the others


class UseReporter:
    """Satisfies Reporter: tells location when device keys were used."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = device_key_registry_service_pb2_grpc.DeviceKeyRegistryServiceStub(channel)

    async def report(self, uses: Sequence[Use]) -> None:
        """Tells of some uses; a call that fails is UnavailableError, and telling of them again does no harm."""
        request = device_key_registry_service_pb2.ReportDeviceKeyUseRequest()
        for use in uses:
            request.uses.add(key_id=use.key_id, use_time=use.use_time, address=use.address)
        try:
            await self._stub.ReportDeviceKeyUse(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise away("location", error) from error
