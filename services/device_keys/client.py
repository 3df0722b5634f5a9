"""The device keys of location as a neighbour."""

import grpc
from montrg.location.v1 import device_key_registry_service_pb2 as pb2
from montrg.location.v1 import device_key_registry_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower, RevisionedNeighbour, SqlSnapshots
from services.device_keys.convert import keys
from services.device_keys.domain import Keys

NAME = "device_keys"


def device_key_neighbour(channel: grpc.aio.Channel) -> RevisionedNeighbour:
    """Returns location's device keys as a neighbour."""
    stub = device_key_registry_service_pb2_grpc.DeviceKeyRegistryServiceStub(channel)
    return RevisionedNeighbour(
        "location",
        lambda: stub.GetDeviceKeys(pb2.GetDeviceKeysRequest(), timeout=DEADLINE_S),
        lambda: stub.WatchDeviceKeys(pb2.WatchDeviceKeysRequest()),
    )


def follow_device_keys(channel: grpc.aio.Channel, database: Database, schema: str) -> Follower[Keys]:
    """Returns what follows the keys, and keeps a copy in a schema that has the neighbours' table."""
    store = SqlSnapshots(database, schema)
    neighbour = device_key_neighbour(channel)
    return Follower(NAME, neighbour, keys, store=store, is_away=database_is_away, clock=system_clock)
