"""The history of alerts as a client outside reads it: through a real Envoy."""

import csv
import io

import grpc
import orjson
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2
from montrg.alert_history.v1 import alert_history_service_pb2_grpc as rpc

from tests.support.alert_events import append, event, stories
from tests.support.mesh import eventually

PATH = "/api/v1/alert-history"
ALERTS = 400


@pytest.fixture(scope="module")
async def events(rest):
    """Events that came over Envoy, as those of the alert service do."""
    events = stories(ALERTS, seed=5)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{rest.ports['alert_history']}") as channel:
        sink = rpc.AlertEventServiceStub(channel)
        assert (await append(sink, *events)).appended == len(events)
        note = {"actor": "김 반장", "note": "=1+1", "floor": 0, "measured_value": 33.5, "factory": "제1 공장"}
        await append(sink, event(ALERTS + 1, 1, "raised", **note))
    return events


async def get(rest, path, **params):
    return await rest("GET", "alert_history", PATH + path, params=params or None)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_list_is_a_bare_array_paged_by_a_header(rest, events, slash):
    first = await get(rest, slash, limit=40, state="cleared")
    token = first.headers["x-next-page-token"]
    second = await get(rest, slash, limit=40, state="cleared", page_token=token)
    found = first.json() + second.json()
    expected = sorted((e for e in events if e.state == "cleared"), key=lambda e: (e.event_time.seconds, e.alert_id))
    assert {e["event_id"] for e in found} <= {e.event_id for e in expected}
    assert len({e["event_id"] for e in found}) == 80
    assert [e["event_time"] for e in found] == [e.event_time.ToJsonString() for e in expected[:-81:-1]]


async def test_an_event_has_what_is_set_and_measured_values_are_numbers(rest, events):
    (one,) = (await get(rest, "", alert_id=ALERTS + 1)).json()
    assert one["append_time"].endswith("Z")
    assert {k: v for k, v in one.items() if k not in {"append_time", "event_id", "event_time"}} == {
        "alert_id": ALERTS + 1, "event_seq": 1, "event_type": "raised", "state": "active", "level": "orange",
        "alert_type": "threshold", "loc_id": "A-1", "measured_value": 33.5, "actor": "김 반장", "note": "=1+1",
        "factory": "제1 공장", "floor": 0,
    }  # fmt: skip


async def test_rest_and_grpc_tell_the_same(rest, events):
    """REST callers get text that is made apart from the message."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{rest.ports['alert_history']}") as channel:
        message = await rpc.AlertHistoryServiceStub(channel).ListAlertEvents(pb2.ListAlertEventsRequest(limit=1000))
    answer = await get(rest, "/", limit=1000)
    assert [ParseDict(one, pb2.AlertEvent()) for one in answer.json()] == list(message.events)
    assert answer.headers["x-next-page-token"] == message.next_page_token
    assert list(answer.json()[0]) == list(MessageToDict(message.events[0], preserving_proto_field_name=True))
    last = await get(rest, "/", limit=1000, page_token=message.next_page_token)
    assert "x-next-page-token" not in last.headers
    assert not {"grpc-status", "grpc-message"} & last.headers.keys()


async def test_filters_of_time_take_a_zone_and_korean_names_are_found(rest, events):
    params = {"factory": "제1 공장", "start_time": "2026-08-01T00:00:00+09:00", "end_time": "2026-08-15T00:00:00+09:00"}
    found = (await get(rest, "/", limit=1000, **params)).json()
    assert found
    assert {e["factory"] for e in found} == {"제1 공장"}
    assert all("2026-07-31T15:00:00Z" <= e["event_time"] < "2026-08-14T15:00:00Z" for e in found)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_story_is_told_by_the_alerts_id(rest, events, slash):
    own = [e for e in events if e.alert_id == 7]
    story = (await get(rest, f"/7{slash}")).json()
    assert [e["event_type"] for e in story["events"]] == [e.event_type for e in own]
    assert (story["alert_id"], story["state"]) == (7, own[-1].state)
    assert story["raise_time"] == own[0].event_time.ToJsonString()
    assert (await get(rest, f"/999999{slash}")).status_code == 404


async def test_statistics_have_the_fields_of_their_groups_alone(rest, events):
    answer = (await get(rest, "/statistics", start_date="20260701", end_date="20261231")).json()
    (row,) = answer["rows"]
    assert (row["alerts"], "loc_id" in row, "ymd" in row) == (ALERTS + 1, False, False)
    by_day = (await get(rest, "/statistics/", start_date="20260701", end_date="20261231", group_by="day,level")).json()
    assert sum(row["alerts"] for row in by_day["rows"]) == ALERTS + 1
    assert {len(row["ymd"]) for row in by_day["rows"]} == {8}


async def test_a_file_is_csv_with_a_name_and_no_formula(rest, events):
    answer = await get(rest, "/export", bom="true")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="alert-history.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert len(rows) == len(events) + 1
    assert [row["event_time"] for row in rows] == sorted(row["event_time"] for row in rows)
    assert [row["note"] for row in rows if row["note"]] == ["'=1+1"]


async def test_events_cannot_be_appended_by_rest(rest, events):
    for path in (PATH, PATH + "/events"):
        answer = await rest("POST", "alert_history", path, json={"events": []})
        assert answer.status_code in {404, 405}


async def test_who_changed_a_threshold_is_read_over_rest_with_both_its_sides(rest):
    new = {"threshold_type": "humidity", "level": "red", "min_value": 97, "mapped_only": True}
    made = (await rest("POST", "thresholds", "/api/v1/thresholds/", json=new)).json()
    path = f"/api/v1/thresholds/{made['threshold_id']}"
    changed = (await rest("PUT", "thresholds", path, json={"min_value": 96.5})).json()
    audit, wanted = "/api/v1/audit/", {"kind": "threshold", "id": str(made["threshold_id"])}

    async def records():
        return (await rest("GET", "alert_history", audit, params=wanted)).json()

    async def both_are_there():
        return len(await records()) == 2

    await eventually(both_are_there)
    update, create = await records()
    assert (create["action"], create["after"], "before" in create) == ("created", made | {"max_value": None}, False)
    assert (update["action"], update["before"], update["after"]) == (
        "updated", create["after"], changed | {"max_value": None},
    )  # fmt: skip
    assert (update["service"], update["actor"], update["changed_fields"]) == (
        "thresholds", "anonymous", ["min_value", "upd_dt"],
    )  # fmt: skip
    assert update["request_id"] not in {"", create["request_id"]}
    one = await rest("GET", "alert_history", audit + update["record_id"])
    assert (one.status_code, one.json()) == (200, update)
    assert (await rest("GET", "alert_history", audit + "nothing")).status_code == 404
    assert (await rest("DELETE", "alert_history", audit + update["record_id"])).status_code in {404, 405}
    file = await rest("GET", "alert_history", audit + "export", params=wanted)
    assert (file.headers["content-type"], file.headers["content-disposition"]) == (
        "text/csv; charset=utf-8", 'attachment; filename="audit.csv"',
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert [row["record_id"] for row in rows] == [create["record_id"], update["record_id"]]
    assert orjson.loads(rows[1]["after"]) == update["after"]
