"""The rules of thresholds as a neighbour."""

import grpc
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower, RevisionedNeighbour, SqlSnapshots
from services.heat.judging import Rules
from services.limits.convert import rules


def thresholds_neighbour(channel: grpc.aio.Channel) -> RevisionedNeighbour:
    """Returns the thresholds' rules as a neighbour."""
    stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
    return RevisionedNeighbour(
        "thresholds",
        lambda: stub.GetRules(threshold_service_pb2.GetRulesRequest(), timeout=DEADLINE_S),
        lambda: stub.WatchChanges(threshold_service_pb2.WatchChangesRequest()),
    )


def follow_rules(channel: grpc.aio.Channel, database: Database, schema: str) -> Follower[Rules]:
    """Returns what follows the rules, and keeps a copy in a schema that has the neighbours' table."""
    store = SqlSnapshots(database, schema)
    neighbour = thresholds_neighbour(channel)
    return Follower("thresholds", neighbour, rules, store=store, is_away=database_is_away, clock=system_clock)
