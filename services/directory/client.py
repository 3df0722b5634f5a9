"""The directory of location as a neighbour."""

import grpc
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.neighbours import RevisionedNeighbour


def location_neighbour(channel: grpc.aio.Channel) -> RevisionedNeighbour:
    """Returns location's directory as a neighbour."""
    stub = sensor_service_pb2_grpc.SensorServiceStub(channel)
    return RevisionedNeighbour(
        "location",
        lambda: stub.GetDirectory(sensor_service_pb2.GetDirectoryRequest(), timeout=DEADLINE_S),
        lambda: stub.WatchChanges(sensor_service_pb2.WatchChangesRequest()),
    )
