"""Places and sensors, registered over gRPC as any client would."""

from typing import Any

from montrg.location.v1 import (
    location_service_pb2,
    location_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)


async def make_place(channel, loc_id="A-1", **fields):
    """Creates a place; what is not given is a word of one letter, on the first floor."""
    defaults: dict[str, Any] = {"plant": "P", "factory": "F", "building": "B", "floor": 1, "area": "A"}
    place = location_service_pb2.Location(loc_id=loc_id, **defaults | fields)
    request = location_service_pb2.CreateLocationRequest(location=place)
    await location_service_pb2_grpc.LocationServiceStub(channel).CreateLocation(request)


async def register(channel, *names, loc_id="A-1", **fields):
    """Creates sensors at a place."""
    stub = sensor_service_pb2_grpc.SensorServiceStub(channel)
    for name in names:
        sensor = sensor_service_pb2.Sensor(sensor_id=name, loc_id=loc_id, **fields)
        await stub.CreateSensor(sensor_service_pb2.CreateSensorRequest(sensor=sensor))
