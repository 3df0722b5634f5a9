"""Lists and files of events are what plain filtering and sorting makes of them."""

import csv
import io
import random
from datetime import timedelta

import grpc
import pytest
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.domain import ALERT_TYPES, EVENT_TYPES, STATES
from services.heat.levels import LEVELS
from tests.support.alert_events import FACTORIES, START, append, event
from tests.support.refusals import refused

FIELDS = {
    "alert_id": range(1, 700),
    "sensor_id": [f"S-{place}-{n}" for place in range(9) for n in range(3)],
    "loc_id": [f"L-{n}" for n in range(9)],
    "factory": FACTORIES,
    "level": LEVELS,
    "state": STATES,
    "event_type": EVENT_TYPES,
    "alert_type": ALERT_TYPES,
}


def key(one):
    return one.event_time.ToNanoseconds(), one.alert_id, one.event_seq


def fits(one, wanted):
    start, end = wanted.get("start_time"), wanted.get("end_time")
    moment = one.event_time.ToDatetime(START.tzinfo)
    in_range = (start is None or moment >= start) and (end is None or moment < end)
    return in_range and all(getattr(one, name) == value for name, value in wanted.items() if name in FIELDS)


def made_up(rng):
    """Filters of which most have hits."""
    wanted = {name: rng.choice(list(values)) for name, values in FIELDS.items() if rng.random() < 0.2}
    start = START + timedelta(minutes=rng.randrange(100 * 24 * 60))
    if rng.random() < 0.4:
        wanted["start_time"] = start
    if rng.random() < 0.4:
        wanted["end_time"] = start + timedelta(minutes=rng.randrange(1, 60 * 24 * 60))
    return wanted


async def pages(history, limit, **wanted):
    """All events that a list has, page by page."""
    found, token = [], ""
    while True:
        page = await history.ListAlertEvents(pb2.ListAlertEventsRequest(limit=limit, page_token=token, **wanted))
        assert len(page.events) == limit or not page.next_page_token
        found += page.events
        token = page.next_page_token
        if not token:
            return found


def ids(events):
    return [one.event_id for one in events]


async def test_pages_of_every_filter_are_what_plain_filtering_finds(history, events):
    rng = random.Random(23)
    hits = 0
    for _ in range(60):
        wanted = made_up(rng)
        expected = sorted((e for e in events if fits(e, wanted)), key=key, reverse=True)
        limit = rng.choice((7, 100, 1000)) if len(expected) < 500 else 1000
        assert ids(await pages(history, limit, **wanted)) == ids(expected), wanted
        hits += bool(expected)
    assert hits > 20


async def test_pages_of_everything_end_within_moments_that_several_events_share(history, events):
    expected = sorted(events, key=key, reverse=True)
    moments = [one.event_time.seconds for one in expected]
    assert any(moments[at] == moments[at - 1] for at in range(13, len(moments), 13))
    assert ids(await pages(history, 13)) == ids(expected)


async def test_some_can_be_left_out_first(history, events):
    expected = sorted((e for e in events if e.factory == "F2"), key=key, reverse=True)
    page = await history.ListAlertEvents(pb2.ListAlertEventsRequest(factory="F2", limit=5, skip=17))
    assert ids(page.events) == ids(expected[17:22])


async def test_events_of_some_kinds_are_paged_and_left_out_as_all_others_are(history, events):
    of_range = {"start_time": START + timedelta(days=20), "end_time": START + timedelta(days=60)}
    for words in ({"level": "critical"}, {"state": "active"}, {"event_type": "commented", "state": "cleared"}):
        for wanted in (words, words | of_range):
            expected = sorted((e for e in events if fits(e, wanted)), key=key, reverse=True)
            assert len(expected) > 30
            assert ids(await pages(history, 29, **wanted)) == ids(expected)
            page = await history.ListAlertEvents(pb2.ListAlertEventsRequest(limit=5, skip=17, **wanted))
            assert ids(page.events) == ids(expected[17:22])


async def test_older_names_of_levels_and_words_in_capitals_are_understood(history, events):
    old = await history.ListAlertEvents(pb2.ListAlertEventsRequest(level="HIGH", state="ACTIVE"))
    new = await history.ListAlertEvents(pb2.ListAlertEventsRequest(level="orange", state="active"))
    assert old.events == new.events
    assert len(old.events) == 100


async def test_a_kind_of_event_that_comes_for_the_first_time_is_found_at_once(history, sink, events):
    wanted = {"event_type": "escalated", "level": "critical"}
    assert await pages(history, 10, **wanted) == []
    await append(sink, event(9_000, 1, "escalated", level="critical", moment=START - timedelta(days=400)))
    assert [e.alert_id for e in await pages(history, 10, **wanted)] == [9_000]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"level": "purple"}, "level"), ({"state": "open"}, "state"), ({"event_type": "began"}, "event_type"),
        ({"alert_type": "fire"}, "alert_type"), ({"sensor_id": "a b"}, "sensor_id"), ({"loc_id": ""}, "loc_id"),
        ({"factory": "a\0"}, "factory"), ({"limit": -1}, "limit"), ({"skip": -1}, "skip"),
        ({"page_token": "forged"}, "page_token"), ({"start_time": START, "end_time": START}, "end_time"),
    ],
)  # fmt: skip
async def test_what_no_event_can_have_is_refused(history, wanted, field):
    call = history.ListAlertEvents(pb2.ListAlertEventsRequest(**wanted))
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


async def test_an_unknown_word_is_answered_with_the_known_ones(history):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await history.ListAlertEvents(pb2.ListAlertEventsRequest(state="open"))
    assert "active, recovering, cleared" in str(caught.value.details())


async def test_a_story_has_its_events_in_order_and_what_they_come_to(history, events):
    own = [e for e in events if e.alert_id == 5]
    told = await history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=5))
    assert ids(told.events) == ids(own)
    assert (told.state, told.raise_time) == (own[-1].state, own[0].event_time)
    assert told.highest_level == max((e.level for e in own), key=LEVELS.index)
    assert (await refused(history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=0))))[0] == grpc.StatusCode.NOT_FOUND


async def exported(history, **wanted):
    parts = [part async for part in history.ExportAlertEvents(pb2.ExportAlertEventsRequest(**wanted))]
    assert {part.content_type for part in parts} == {"text/csv; charset=utf-8"}
    return b"".join(part.data for part in parts)


async def test_a_file_has_every_event_of_its_list_the_earliest_first(history, events):
    for wanted in ({"factory": "제1 공장"}, {"state": "cleared", "loc_id": "L-2"}, {"level": "critical"}, {}):
        rows = list(csv.DictReader(io.StringIO((await exported(history, **wanted)).decode())))
        expected = (await pages(history, 1000, **wanted))[::-1]
        assert len(expected) > 10
        assert [row["event_id"] for row in rows] == ids(expected)
    row, one = rows[0], expected[0]
    assert list(row) == [field.name for field in pb2.AlertEvent.DESCRIPTOR.fields]
    assert row["event_time"] == one.event_time.ToJsonString()
    assert (row["alert_id"], row["loc_id"], row["note"]) == (str(one.alert_id), one.loc_id, "")


async def test_a_file_without_events_has_its_head_and_a_mark_where_it_is_asked_for(history, events):
    data = await exported(history, factory="nowhere", bom=True)
    assert data.startswith(b"\xef\xbb\xbfevent_id,")
    assert data.count(b"\r\n") == 1


async def test_a_note_that_looks_like_a_formula_is_only_text_in_a_file(history, sink):
    note = '=HYPERLINK("http://x", "y")\nand more'
    await append(sink, event(9_001, 1, "commented", actor="@admin", note=note))
    (row,) = csv.DictReader(io.StringIO((await exported(history, alert_id=9_001)).decode(), newline=""))
    assert (row["actor"], row["note"]) == ("'@admin", f"'{note}")


async def test_a_bad_filter_of_a_file_is_refused(history):
    call = history.ExportAlertEvents(pb2.ExportAlertEventsRequest(state="open")).read()
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["state"])
