"""Records of the audit trail, and a receiver of them that a test can stop and hurt."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct
from montrg.alert_history.v1 import audit_service_pb2 as pb2
from montrg.alert_history.v1 import audit_service_pb2_grpc


def record(**fields):
    """A record; what is not given is that of an engineer's change of a threshold."""
    usual: dict[str, Any] = {
        "record_id": str(uuid.uuid4()),
        "record_time": datetime.now(UTC),
        "service": "thresholds",
        "kind": "threshold",
        "id": "1",
        "action": "updated",
        "actor": "ann",
        "actor_kind": "person",
        "actor_role": "engineer",
    }
    return pb2.AuditRecord(**(usual | fields))


def struct(**fields):
    """A side of a record."""
    content = Struct()
    content.update(fields)
    return content


class AuditReceiver(audit_service_pb2_grpc.AuditRecordServiceServicer):
    """Records in the order in which they came first; they survive a stop, as a database does.

    Attributes:
        records: the records that are new, as they came.
        duplicates: how many came again.
        refused: ids of things whose records it does not take.
        held: calls wait here, if it is set, after their records are stored.
        waiting: is set when one does.
        together: how many calls came while another one was answered.
    """

    def __init__(self):
        self.records = []
        self.duplicates = 0
        self.refused = set()
        self.held = None
        self.waiting = asyncio.Event()
        self.together = 0
        self._busy = 0
        self._server: Any = None
        self.port = 0

    async def start(self):
        """Serves, on the same port every time."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        audit_service_pb2_grpc.add_AuditRecordServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self):
        """Cuts every call off."""
        await self._server.stop(0)

    async def AppendAuditRecords(self, request, context):  # noqa: N802  the contract's name
        self.together += bool(self._busy)
        self._busy += 1
        try:
            return await self._append(request, context)
        finally:
            self._busy -= 1

    async def _append(self, request, context):
        await asyncio.sleep(0)  # others may come in between
        if self.refused & {one.id for one in request.records}:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "it is not taken")
        known = {one.record_id for one in self.records}
        new = [one for one in request.records if one.record_id not in known]
        self.records += new
        self.duplicates += len(request.records) - len(new)
        if self.held is not None:
            self.waiting.set()
            await self.held.wait()
        return pb2.AppendAuditRecordsResponse(appended=len(new), duplicate=len(request.records) - len(new))
