"""The alert history as a neighbour."""

from collections.abc import Sequence

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2
from montrg.alert_history.v1 import alert_history_service_pb2_grpc

from services.alert.history.convert import event_to_proto
from services.alert.history.domain import GapError, RefusedError, StoredEvent
from services.common.channels import DEADLINE_S
from services.common.neighbours import away

# What the same events would meet again.
_REFUSED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)


class GrpcHistory:
    """Satisfies History."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = alert_history_service_pb2_grpc.AlertEventServiceStub(channel)

    async def append(self, events: Sequence[StoredEvent], *, allow_gaps: bool) -> None:
        """Returns when the history has these events."""
        request = pb2.AppendAlertEventsRequest(events=map(event_to_proto, events), allow_gaps=allow_gaps)
        try:
            await self._stub.AppendAlertEvents(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise _meaning(error) from error


def _meaning(error: grpc.aio.AioRpcError) -> Exception:
    if error.code() not in _REFUSED:
        return away("alert_history", error)
    status, info = rpc_status.from_call(error), error_details_pb2.ErrorInfo()
    if status is not None and any(detail.Unpack(info) for detail in status.details) and info.reason == "EVENT_GAP":
        return GapError(int(info.metadata["alert_id"]), int(info.metadata["last_event_seq"]))
    return RefusedError(str(error.details()))
