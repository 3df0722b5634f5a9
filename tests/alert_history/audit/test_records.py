"""The audit trail as its callers see it, on a real server and a real database."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
from montrg.alert_history.v1 import audit_service_pb2 as pb2
from montrg.alert_history.v1 import audit_service_pb2_grpc as rpc

from services.alert_history.app import APP
from services.alert_history.audit.domain import RecordFilter
from services.common.access.domain import EVERYTHING
from services.common.paging import page, page_request
from services.common.server import serve
from tests.conftest import service_url, settings_of
from tests.support.audit import record, struct
from tests.support.callers import BelievingGate, person
from tests.support.refusals import refused, why

LONG_AGO = datetime(2003, 5, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "alert_history")
    async with (
        serve(APP, settings, environment, BelievingGate()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


@pytest.fixture(scope="module")
def trail(channel):
    return rpc.AuditServiceStub(channel)


@pytest.fixture(scope="module")
def sink(channel):
    return rpc.AuditRecordServiceStub(channel)


async def append(sink, *records):
    return await sink.AppendAuditRecords(pb2.AppendAuditRecordsRequest(records=records))


async def ids(trail, metadata=None, **wanted):
    answer = await trail.ListAuditRecords(pb2.ListAuditRecordsRequest(**wanted), metadata=metadata)
    return [one.id for one in answer.records]


async def test_a_record_is_read_as_it_was_sent_and_appended_once_however_often_it_is_sent(trail, sink):
    sent = record(
        id="17",
        address="192.0.2.7",
        request_id="r-1",
        note="더워서",
        plant="P1",
        factory="울산",
        changed_fields=["max_value"],
        before=struct(max_value=33, source=None, parts=[1, 2.5]),
        after=struct(max_value=33.5, source="KR", parts=[]),
    )
    assert (await append(sink, sent)).appended == 1
    again = await append(sink, sent, record(id="18"))
    assert (again.appended, again.duplicate) == (1, 1)
    found = await trail.GetAuditRecord(pb2.GetAuditRecordRequest(record_id=sent.record_id))
    assert found.HasField("append_time")
    found.ClearField("append_time")
    assert found == sent
    assert await ids(trail, id="17") == ["17"]


async def test_what_is_created_has_no_before_and_what_is_deleted_no_after(trail, sink):
    made, gone = record(id="made", after=struct(a=1)), record(id="gone", before=struct(a=1))
    await append(sink, made, gone)
    found = [await trail.GetAuditRecord(pb2.GetAuditRecordRequest(record_id=one.record_id)) for one in (made, gone)]
    assert [(one.HasField("before"), one.HasField("after")) for one in found] == [(False, True), (True, False)]


async def test_a_list_is_paged_from_the_latest_back_and_each_filter_leaves_out_what_does_not_fit(trail, sink):
    moments = [LONG_AGO + timedelta(days=20 * n) for n in range(5)]
    kinds = ["sensor", "location", "sensor", "sensor", "mapping"]
    rows = [
        record(id=f"page-{n}", record_time=moment, kind=kind, actor="pager", factory="F1" if n % 2 else "F2")
        for n, (moment, kind) in enumerate(zip(moments, kinds, strict=True))
    ]
    await append(sink, *rows)
    seen, token = [], None
    while token != "":
        request = pb2.ListAuditRecordsRequest(actor="pager", limit=2, page_token=token or "")
        answer = await trail.ListAuditRecords(request)
        seen.append([one.id for one in answer.records])
        token = answer.next_page_token
    assert seen == [["page-4", "page-3"], ["page-2", "page-1"], ["page-0"]]
    assert await ids(trail, actor="pager", kind="sensor") == ["page-3", "page-2", "page-0"]
    assert await ids(trail, actor="pager", factory="F1") == ["page-3", "page-1"]
    assert await ids(trail, actor="pager", skip=3) == ["page-1", "page-0"]
    assert await ids(trail, start_time=moments[1], end_time=moments[3]) == ["page-2", "page-1"]
    assert await ids(trail, id="page-2", kind="location") == []


async def test_a_scope_sees_its_own_factories_and_what_is_the_same_for_everybody(trail, sink):
    mine = record(id="mine", kind="sensor", plant="Ulsan", factory="Press", actor="scoped")
    other = record(id="other", kind="sensor", plant="Ulsan", factory="Paint", actor="scoped")
    nowhere = record(id="nowhere", kind="subscription", actor="scoped")
    common = record(id="common", kind="threshold", actor="scoped")
    await append(sink, mine, other, nowhere, common)
    ann = person("Ulsan > Press")
    assert set(await ids(trail, ann, actor="scoped")) == {"mine", "common"}
    assert await ids(trail, ann, actor="scoped", factory="Paint") == []
    assert set(await ids(trail, person("*"), actor="scoped")) == {"mine", "other", "nowhere", "common"}
    assert await ids(trail, person(), actor="scoped") == ["common"]
    foreign = trail.GetAuditRecord(pb2.GetAuditRecordRequest(record_id=other.record_id), metadata=ann)
    nothing = str(uuid.UUID(int=7))
    missing = trail.GetAuditRecord(pb2.GetAuditRecordRequest(record_id=nothing), metadata=ann)
    assert await why(foreign) == (grpc.StatusCode.NOT_FOUND, "AUDIT_RECORD_NOT_FOUND", {"record_id": other.record_id})
    assert await why(missing) == (grpc.StatusCode.NOT_FOUND, "AUDIT_RECORD_NOT_FOUND", {"record_id": nothing})
    parts = trail.ExportAuditRecords(pb2.ExportAuditRecordsRequest(actor="scoped"), metadata=ann)
    assert len(rows_of(b"".join([part.data async for part in parts]))) == 3


async def test_the_token_of_one_scope_is_none_of_another(trail, sink):
    await append(sink, *(record(id=f"token-{n}", factory="Press", actor="token") for n in range(2)))
    request = pb2.ListAuditRecordsRequest(actor="token", limit=1)
    token = (await trail.ListAuditRecords(request, metadata=person("Press"))).next_page_token
    request.page_token = token
    assert (await trail.ListAuditRecords(request, metadata=person("Press"))).records
    other = trail.ListAuditRecords(request, metadata=person("*"))
    assert await refused(other) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


async def test_a_file_has_every_record_and_no_text_of_it_becomes_a_formula(trail, sink):
    many = [record(id=f"=cmd|{n}", actor="@filer", note="+1", after=struct(a="=1")) for n in range(450)]
    await append(sink, *many)
    parts = trail.ExportAuditRecords(pb2.ExportAuditRecordsRequest(actor="@filer", bom=True))
    data = b"".join([part.data async for part in parts])
    assert data.startswith(b"\xef\xbb\xbf")
    head, *rows = rows_of(data[3:])
    assert head == [field.name for field in pb2.AuditRecord.DESCRIPTOR.fields]
    first = dict(zip(head, rows[0], strict=True))
    assert (first["id"], first["actor"], first["note"], first["after"]) == ("'=cmd|0", "'@filer", "'+1", '{"a":"=1"}')
    assert len(rows) == 450
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"record_id": "17"}, "records[1].record_id"),
        ({"record_time": datetime(1999, 1, 1, tzinfo=UTC)}, "records[1].record_time"),
        ({"kind": ""}, "records[1].kind"),
        ({"actor_kind": "dog"}, "records[1].actor_kind"),
        ({"note": "x" * 4001}, "records[1].note"),
    ],
    ids=["id", "time", "kind", "actor", "note"],
)
async def test_a_request_with_a_bad_record_is_refused_whole(trail, sink, fields, named):
    answer = append(sink, record(id="whole"), record(**fields))
    assert await refused(answer) == (grpc.StatusCode.INVALID_ARGUMENT, [named])
    assert await ids(trail, id="whole") == []


async def test_a_forged_token_and_an_id_that_is_none_are_the_callers_fault(trail):
    request = page_request(1, 0, "", (datetime, str), RecordFilter(), EVERYTHING.words())
    forged = page([LONG_AGO, LONG_AGO], request, lambda row: (row, "no-uuid")).next_page_token
    answer = trail.ListAuditRecords(pb2.ListAuditRecordsRequest(page_token=forged))
    assert await refused(answer) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])
    answer = trail.GetAuditRecord(pb2.GetAuditRecordRequest(record_id="no-uuid"))
    assert (await refused(answer))[0] == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET actor = 'nobody'", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"]
)
async def test_the_services_own_login_can_neither_change_nor_delete_a_record(sink, admin_url, statement):
    await append(sink, record(id="kept"))
    login = await asyncpg.connect(service_url(admin_url, "alert_history"))
    try:
        for table in ("alert_history.audit", f"alert_history.audit_{datetime.now(UTC):%Y%m}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await login.execute(statement.format(table))
        assert await login.fetchval("SELECT count(*) FROM alert_history.audit WHERE id = 'kept'") >= 1
    finally:
        await login.close()


async def test_old_months_are_dropped_and_the_last_year_is_kept_whatever_is_asked(trail, sink, admin_url):
    now = datetime.now(UTC)
    moments = {"old": LONG_AGO, "young": now - timedelta(days=300), "new": now}
    await append(sink, *(record(id=name, record_time=moment, actor="aging") for name, moment in moments.items()))
    login = await asyncpg.connect(service_url(admin_url, "alert_history"))
    await login.execute("SELECT alert_history.drop_audit_months(now() + interval '10 years')")
    await login.close()
    assert await ids(trail, actor="aging") == ["new", "young"]
