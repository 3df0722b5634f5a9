"""The directory of location as a neighbour."""

import grpc
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower, RevisionedNeighbour, SqlSnapshots
from services.directory.convert import directory
from services.directory.domain import Directory


def location_neighbour(channel: grpc.aio.Channel) -> RevisionedNeighbour:
    """Returns location's directory as a neighbour."""
    stub = sensor_service_pb2_grpc.SensorServiceStub(channel)
    return RevisionedNeighbour(
        "location",
        lambda: stub.GetDirectory(sensor_service_pb2.GetDirectoryRequest(), timeout=DEADLINE_S),
        lambda: stub.WatchChanges(sensor_service_pb2.WatchChangesRequest()),
    )


def follow_directory(channel: grpc.aio.Channel, database: Database, schema: str) -> Follower[Directory]:
    """Returns what follows the directory, and keeps a copy in a schema that has the neighbours' table."""
    store = SqlSnapshots(database, schema)
    neighbour = location_neighbour(channel)
    return Follower("location", neighbour, directory, store=store, is_away=database_is_away, clock=system_clock)
