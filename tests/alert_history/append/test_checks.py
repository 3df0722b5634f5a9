"""What is wrong with events that are sent is named, field by field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.alert_history.append.checks import Sent, checked
from services.common.errors import InvalidInputError

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
GOOD = Sent(
    event_id="6F1C2B1E-8a54-4c52-9d5e-0e6c9f1b7a10",
    alert_id=1,
    event_seq=1,
    event_time=NOW,
    event_type="raised",
    state="active",
    level="high",
    alert_type="threshold",
    sensor_id=None,
    loc_id="A-1",
    threshold_type="pcv_temperature",
    measured_value=33.5,
    actor=None,
    note="two\nlines",
    plant=None,
    factory="제1 공장",
    building="",
    floor=-1,
    area=None,
)


def blamed(*sent):
    with pytest.raises(InvalidInputError) as caught:
        checked(sent, NOW)
    return [violation.field for violation in caught.value.violations]


def test_a_good_event_is_taken_with_its_levels_name_of_today():
    (event,) = checked([GOOD], NOW)
    assert (event.kind.level, str(event.event_id)) == ("orange", GOOD.event_id.lower())
    assert event.append_time == NOW


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": ""}, {"event_id": "6f1c2b1e8a544c529d5e0e6c9f1b7a10"}, {"event_id": "\0"},
        {"alert_id": 0}, {"event_seq": 0}, {"event_seq": -1},
        {"event_time": None}, {"event_time": NOW + timedelta(days=1, microseconds=1)},
        {"event_time": datetime(1999, 12, 31, 23, 59, tzinfo=UTC)},
        {"event_type": "began"}, {"state": ""}, {"level": "purple"}, {"alert_type": "fire"},
        {"sensor_id": ""}, {"sensor_id": "센서"}, {"loc_id": "a/b"},
        {"measured_value": float("nan")}, {"measured_value": float("inf")},
        {"note": "x" * 4_001}, {"note": "a\0b"}, {"actor": "a\nb"}, {"factory": "x" * 101}, {"area": "\0"},
    ],
)  # fmt: skip
def test_each_bad_field_is_named(change):
    (field,) = change
    assert blamed(
        GOOD, replace(GOOD, **{"alert_id": 2, "event_id": "6f1c2b1e-8a54-4c52-9d5e-0e6c9f1b7a11"} | change)
    ) == [f"events[1].{field}"]


def test_all_that_is_wrong_is_named_at_once():
    assert blamed(replace(GOOD, state="x", loc_id="")) == ["events[0].state", "events[0].loc_id"]


def test_a_time_a_day_ahead_is_taken():
    assert checked([replace(GOOD, event_time=NOW + timedelta(days=1))], NOW)


def test_events_of_an_alert_come_in_their_order_each_once_and_with_an_id_of_its_own():
    second = replace(GOOD, event_seq=2, event_id="6f1c2b1e-8a54-4c52-9d5e-0e6c9f1b7a11")
    assert len(checked([GOOD, second], NOW)) == 2
    assert blamed(second, GOOD) == ["events[1].event_seq"]
    assert blamed(GOOD, GOOD) == ["events[1].event_seq", "events[1].event_id"]
    assert blamed(GOOD, replace(second, event_id=GOOD.event_id.lower())) == ["events[1].event_id"]


@pytest.mark.parametrize("count", [0, 1001])
def test_none_and_too_many_are_refused(count):
    assert blamed(*[GOOD] * count) == ["events"]
