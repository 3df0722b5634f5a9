"""The audit trail as a neighbour, and what delivers to it."""

from collections.abc import Sequence

import grpc
import orjson
from google.protobuf import json_format
from montrg.alert_history.v1 import audit_service_pb2 as pb2
from montrg.alert_history.v1 import audit_service_pb2_grpc

from services.common.audit.figures import AuditFigures
from services.common.audit.sender import AuditSender, RefusedError, Row
from services.common.audit.trail import SqlOutbox
from services.common.channels import DEADLINE_S
from services.common.interceptors import database_is_away
from services.common.neighbours import away
from services.common.server import Context


class GrpcAudit:
    """Satisfies Audit."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = audit_service_pb2_grpc.AuditRecordServiceStub(channel)

    async def append(self, rows: Sequence[Row]) -> None:
        """Returns when the trail has these records."""
        request = pb2.AppendAuditRecordsRequest(records=map(_to_proto, rows))
        try:
            await self._stub.AppendAuditRecords(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            # The same records would meet the same again.
            if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                raise RefusedError(str(error.details())) from error
            raise away("alert_history", error) from error


def audit_sender(context: Context, channel: grpc.aio.Channel) -> AuditSender:
    """Returns what delivers the records of a service's schema to the alert history; figures tell of those that wait."""
    context.add_sampler(AuditFigures(context.database, context.settings.service.name).sample)
    outbox = SqlOutbox(context.database, context.settings.service.name)
    return AuditSender(outbox, GrpcAudit(channel), database_is_away)


def _to_proto(row: Row) -> pb2.AuditRecord:
    _, record_id, record_time, words = row
    # A newer program may have written it, before a rollback: what this one does not know is left out.
    record = json_format.ParseDict(orjson.loads(words), pb2.AuditRecord(), ignore_unknown_fields=True)
    record.record_id = record_id
    record.record_time.FromDatetime(record_time)
    return record
