"""What comes in is counted once, and what comes again as a duplicate."""

import uuid

from montrg.alert_history.v1 import audit_service_pb2 as audit_pb2
from montrg.alert_history.v1 import audit_service_pb2_grpc

from tests.support.alert_events import append, event
from tests.support.audit import record
from tests.support.figures import looked_at


def counts(figures, name):
    return [figures.get(name, result=result) for result in ("appended", "duplicate")]


async def test_events_are_counted_as_appended_once(channel, sink):
    name = "montrg_history_events_total"
    before = counts(await looked_at(channel), name)
    await append(sink, event(900_001, 1), event(900_001, 2))
    await append(sink, event(900_001, 1), event(900_001, 2), event(900_001, 3))
    after = counts(await looked_at(channel), name)
    assert [b - a for a, b in zip(before, after, strict=True)] == [3, 2]


async def test_records_are_counted_as_appended_once(channel):
    name = "montrg_audit_records_total"
    before = counts(await looked_at(channel), name)
    stub = audit_service_pb2_grpc.AuditRecordServiceStub(channel)
    first, second = (record(record_id=str(uuid.uuid4())) for _ in range(2))
    for records in ([first], [first, second]):
        await stub.AppendAuditRecords(audit_pb2.AppendAuditRecordsRequest(records=records))
    after = counts(await looked_at(channel), name)
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1]
