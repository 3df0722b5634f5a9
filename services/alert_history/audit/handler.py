"""The servicers of the audit trail: they translate and decide nothing."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import audit_service_pb2 as pb2
from montrg.alert_history.v1 import audit_service_pb2_grpc

from services.alert_history.audit import convert
from services.alert_history.audit.figures import APPENDED, DUPLICATE
from services.alert_history.audit.service import AuditUseCases
from services.common.access import current
from services.common.csv_rows import BOM, csv_lines
from services.common.paging import page_request

KEY = (datetime, str)
NAMED = (("content-disposition", 'attachment; filename="audit.csv"'),)


class AuditHandler(audit_service_pb2_grpc.AuditServiceServicer):
    """Serves AuditService."""

    def __init__(self, use_cases: AuditUseCases) -> None:
        self._audit = use_cases

    async def ListAuditRecords(self, request: Any, context: Any) -> pb2.ListAuditRecordsResponse:
        wanted, scope = convert.record_filter(request), current.scope()
        part = page_request(request.limit, request.skip, request.page_token, KEY, wanted, scope.words())
        page = await self._audit.list_page(part, wanted, scope)
        records = map(convert.record_to_proto, page.items)
        return pb2.ListAuditRecordsResponse(records=records, next_page_token=page.next_page_token)

    async def GetAuditRecord(self, request: Any, context: Any) -> pb2.AuditRecord:
        return convert.record_to_proto(await self._audit.get(request.record_id, current.scope()))

    async def ExportAuditRecords(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        head = (BOM if request.bom else b"") + csv_lines([convert.COLUMNS])
        async with aclosing(self._audit.export(convert.record_filter(request), current.scope())) as parts:
            async for records in parts:
                if head:
                    await context.send_initial_metadata(NAMED)
                yield convert.csv_part(head + csv_lines(map(convert.csv_row, records)))
                head = b""


class AuditRecordHandler(audit_service_pb2_grpc.AuditRecordServiceServicer):
    """Serves AuditRecordService."""

    def __init__(self, use_cases: AuditUseCases) -> None:
        self._audit = use_cases

    async def AppendAuditRecords(self, request: Any, context: Any) -> pb2.AppendAuditRecordsResponse:
        result = await self._audit.append([convert.sent(record) for record in request.records])
        APPENDED.inc(result.appended)
        DUPLICATE.inc(result.duplicate)
        return pb2.AppendAuditRecordsResponse(appended=result.appended, duplicate=result.duplicate)
