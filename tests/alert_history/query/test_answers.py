"""Events in columns are written as the very JSON, messages and files that one object after the other is."""

import csv
import io
from datetime import UTC, datetime, timedelta

import orjson
from google.api.httpbody_pb2 import HttpBody
from hypothesis import given
from hypothesis import strategies as st
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.domain import Alert, Kind
from services.alert_history.query import convert, json_text
from services.alert_history.query.rows import EventPage, Rows, Story
from services.common.csv_rows import csv_lines

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 7, 15, 3, tzinfo=UTC)
INT32 = 2**31 - 1

moment = st.integers(946_684_800_000_000, 4_102_444_800_000_000) | st.integers(946_684_800, 4_102_444_800).map(
    lambda seconds: seconds * 1_000_000
)
# Few, so that events have much in common, with quotes, line breaks and commas among them; and any at all.
some_text = st.sampled_from(["", "제1 공장", 'a"b', "null", "x,y\n=1"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300
)
optional_text = st.none() | some_text
event = st.tuples(
    st.uuids().map(str),
    st.integers(1, INT32),
    st.integers(1, INT32),
    moment,
    st.builds(Kind, some_text, some_text, some_text, some_text),
    optional_text,
    some_text,
    optional_text,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    *[optional_text] * 5,
    st.none() | st.integers(-INT32, INT32),
    optional_text,
    moment,
)
events = st.lists(event, max_size=12)
NAMES = list(Rows.__dataclass_fields__)


def rows_of(found):
    return Rows(*zip(*found, strict=True)) if found else Rows(*[()] * len(NAMES))


def plain(one):
    """An event's values by their names in the contract, in its order."""
    values = dict(zip(NAMES, one, strict=True))
    values |= {name: EPOCH + timedelta(microseconds=values[name]) for name in ("event_time", "append_time")}
    values |= values.pop("kind")._asdict()
    return {name: values[name] for name in convert.COLUMNS}


@given(events)
def test_json_is_that_of_an_object_for_each_event(found):
    expected = [{name: value for name, value in plain(one).items() if value is not None} for one in found]
    data = orjson.dumps(expected, option=orjson.OPT_UTC_Z)
    body = HttpBody(content_type="application/json", data=data)
    assert json_text.events(rows_of(found)) == body.SerializeToString()


@given(events, st.text(max_size=5))
def test_a_list_is_the_message_that_protobuf_makes(found, token):
    expected = pb2.ListAlertEventsResponse(
        events=[pb2.AlertEvent(**plain(one)) for one in found], next_page_token=token
    )
    data = convert.event_list(EventPage(rows_of(found), token))
    assert pb2.ListAlertEventsResponse.FromString(data) == expected
    assert len(data) == expected.ByteSize()


@given(events)
def test_a_story_is_the_message_that_protobuf_makes(found):
    alert = Alert(7, 9, "active", "red", "threshold", "L-1", None, MOMENT, None, MOMENT, MOMENT, MOMENT)
    expected = pb2.AlertStory(
        alert_id=7,
        state="active",
        highest_level="red",
        raise_time=MOMENT,
        clear_time=MOMENT,
        events=[pb2.AlertEvent(**plain(one)) for one in found],
    )
    assert pb2.AlertStory.FromString(convert.story_to_proto(Story(alert, rows_of(found)))) == expected


@given(events)
def test_a_file_has_a_row_for_each_event(found):
    expected = [
        [value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value for value in row.values()]
        for row in map(plain, found)
    ]
    assert csv_lines(convert.csv_rows(rows_of(found))) == csv_lines(expected)
    assert len(list(csv.reader(io.StringIO(csv_lines(expected).decode(), newline="")))) == len(found)
