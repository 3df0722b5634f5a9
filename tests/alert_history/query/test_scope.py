"""A caller who may see some factories is told of the alerts there alone, whatever is asked."""

import csv
import io

import grpc
import orjson
import pytest
from montrg.alert_history.v1 import alert_history_json_service_pb2_grpc
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from tests.support.alert_events import append, event
from tests.support.callers import person
from tests.support.refusals import refused

PLACES = {
    1: {"plant": "P", "factory": "F"},
    2: {"plant": "Q", "factory": "F"},
    3: {"factory": "F"},
    4: {"plant": "P", "factory": "G"},
    5: {},
}
SEEN = {
    ("*",): {1, 2, 3, 4, 5},
    ("F",): {1, 2, 3},
    ("F", "G"): {1, 2, 3, 4},
    ("P > F",): {1},
    (" > F",): {3},
    ("P > *",): {1, 4},
    ("G", "Q > F"): {2, 4},
    ("elsewhere",): set(),
    (): set(),
}
scopes = pytest.mark.parametrize("factories", SEEN)


@pytest.fixture(scope="module", autouse=True)
async def appended(sink):
    """Three events of each alert."""
    lives = (("raised", "active"), ("level_up", "active"), ("cleared", "cleared"))
    await append(
        sink, *(event(n, seq, *life, **place) for n, place in PLACES.items() for seq, life in enumerate(lives, 1))
    )


def ids(events):
    """The alerts of events, of which there are three each."""
    found = [one.alert_id for one in events]
    assert len(found) == 3 * len(set(found))
    return set(found)


@scopes
async def test_events_are_listed_of_own_factories(history, factories):
    answer = await history.ListAlertEvents(pb2.ListAlertEventsRequest(), metadata=person(*factories))
    assert ids(answer.events) == SEEN[factories]


@scopes
async def test_events_are_listed_as_json_of_own_factories(channel, factories):
    stub = alert_history_json_service_pb2_grpc.AlertHistoryJsonServiceStub(channel)
    answer = await stub.ListAlertEvents(pb2.ListAlertEventsRequest(), metadata=person(*factories))
    found = [one["alert_id"] for one in orjson.loads(answer.data)]
    assert (set(found), len(found)) == (SEEN[factories], 3 * len(SEEN[factories]))


@scopes
async def test_filters_of_a_kind_and_a_factory_leave_own_factories(history, factories):
    request = pb2.ListAlertEventsRequest(event_type="raised", factory="F")
    answer = await history.ListAlertEvents(request, metadata=person(*factories))
    assert {one.alert_id for one in answer.events} == SEEN[factories] & {1, 2, 3}


@scopes
async def test_a_file_has_own_factories(history, factories):
    call = history.ExportAlertEvents(pb2.ExportAlertEventsRequest(), metadata=person(*factories))
    text = b"".join([part.data async for part in call]).decode()
    assert {int(row["alert_id"]) for row in csv.DictReader(io.StringIO(text))} == SEEN[factories]


@scopes
async def test_statistics_count_own_factories(history, factories):
    request = pb2.GetAlertStatisticsRequest(start_date="20260701", end_date="20260731")
    rows = (await history.GetAlertStatistics(request, metadata=person(*factories))).rows
    assert sum(row.alerts for row in rows) == len(SEEN[factories])


@scopes
async def test_a_story_elsewhere_is_as_if_there_were_none(history, factories):
    for alert_id in PLACES:
        call = history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=alert_id), metadata=person(*factories))
        if alert_id in SEEN[factories]:
            assert len((await call).events) == 3
            continue
        missing = history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=999), metadata=person(*factories))
        assert await _words(call) == [word.replace("999", str(alert_id)) for word in await _words(missing)]


async def _words(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    return [caught.value.details()]


async def test_pages_are_whole_and_their_tokens_are_of_one_scope(history):
    found, token = [], ""
    while True:
        request = pb2.ListAlertEventsRequest(limit=2, page_token=token)
        answer = await history.ListAlertEvents(request, metadata=person("P > F", "G"))
        found += answer.events
        if not answer.next_page_token:
            break
        assert len(answer.events) == 2
        token = answer.next_page_token
    assert ids(found) == {1, 4}
    request = pb2.ListAlertEventsRequest(limit=2, page_token=token)
    assert await history.ListAlertEvents(request, metadata=person("G", "P > F"))
    for others in ((), ("G",), ("*",)):
        call = history.ListAlertEvents(request, metadata=person(*others))
        assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])
