"""The rules of thresholds as a neighbour."""

import grpc
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.neighbours import RevisionedNeighbour


def thresholds_neighbour(channel: grpc.aio.Channel) -> RevisionedNeighbour:
    """Returns the thresholds' rules as a neighbour."""
    stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
    return RevisionedNeighbour(
        "thresholds",
        lambda: stub.GetRules(threshold_service_pb2.GetRulesRequest(), timeout=DEADLINE_S),
        lambda: stub.WatchChanges(threshold_service_pb2.WatchChangesRequest()),
    )
