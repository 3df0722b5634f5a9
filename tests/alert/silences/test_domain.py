"""When a silence holds, as tables."""

from datetime import datetime

import pytest

from services.alert.silences.domain import checked
from services.common.errors import InvalidInputError
from tests.support.notifying import NOW, alert, minutes, silence

FOREVER = {"start_time": datetime.fromisoformat("2020-01-01T00:00:00+00:00"), "end_time": None}


def at(text):
    return datetime.fromisoformat(text)


def nightly(weekdays="mon,tue,wed,thu,fri", begin="22:00", end="06:00", zone="Asia/Seoul", **fields):
    return silence(**FOREVER | {"weekdays": weekdays, "start_of_day": begin, "end_of_day": end, "zone": zone} | fields)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (NOW - minutes(1), None),
        (NOW, NOW + minutes(60)),
        (NOW + minutes(59), NOW + minutes(60)),
        (NOW + minutes(60), None),
    ],
)
def test_a_silence_without_recurrence_holds_from_its_start_until_before_its_end(moment, until):
    assert silence().holds_until(moment) == until


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-07-15T21:59:59+09:00", None),
        ("2026-07-15T22:00:00+09:00", "2026-07-16T06:00:00+09:00"),
        ("2026-07-16T05:59:59+09:00", "2026-07-16T06:00:00+09:00"),
        ("2026-07-16T06:00:00+09:00", None),
        # Friday's night reaches into Saturday; Saturday and Sunday begin none.
        ("2026-07-18T01:00:00+09:00", "2026-07-18T06:00:00+09:00"),
        ("2026-07-18T23:00:00+09:00", None),
        ("2026-07-20T01:00:00+09:00", None),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(moment, until):
    assert nightly().holds_until(at(moment)) == (until and at(until))


@pytest.mark.parametrize(
    ("begin", "end", "moment", "until"),
    [
        # The clocks of Berlin go from 02:00 to 03:00 on 2026-03-29, and from 03:00 to 02:00 on 2026-10-25.
        ("22:00", "06:00", "2026-03-29T05:59:00+02:00", "2026-03-29T06:00:00+02:00"),
        ("22:00", "06:00", "2026-10-25T05:59:00+01:00", "2026-10-25T06:00:00+01:00"),
        # An end that is skipped is as long after midnight as it would have been: 03:30.
        ("22:00", "02:30", "2026-03-29T03:15:00+02:00", "2026-03-29T03:30:00+02:00"),
        # Of an hour that comes twice both are in.
        ("22:00", "02:30", "2026-10-25T02:15:00+01:00", "2026-10-25T02:30:00+01:00"),
        ("02:15", "04:00", "2026-10-25T02:20:00+02:00", "2026-10-25T04:00:00+01:00"),
    ],
)
def test_a_recurrence_keeps_to_the_clocks_of_its_zone(begin, end, moment, until):
    everyday = nightly("mon,tue,wed,thu,fri,sat,sun", begin, end, "Europe/Berlin")
    assert everyday.holds_until(at(moment)) == at(until)
    assert everyday.holds_until(at(until)) is None


def test_equal_times_of_day_are_a_whole_day():
    whole = nightly("wed", "00:00", "00:00")
    assert whole.holds_until(at("2026-07-15T23:59:00+09:00")) == at("2026-07-16T00:00:00+09:00")
    assert whole.holds_until(at("2026-07-16T00:00:00+09:00")) is None


def test_a_recurrence_begins_and_ends_within_the_silence():
    bounded = nightly(start_time=at("2026-07-15T23:00:00+09:00"), end_time=at("2026-07-16T02:00:00+09:00"))
    assert bounded.holds_until(at("2026-07-15T22:30:00+09:00")) is None
    assert bounded.next_change(at("2026-07-15T22:30:00+09:00")) == at("2026-07-15T23:00:00+09:00")
    assert bounded.holds_until(at("2026-07-16T01:00:00+09:00")) == at("2026-07-16T02:00:00+09:00")
    assert bounded.next_change(at("2026-07-16T02:00:00+09:00")) is None


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-07-15T12:00:00+09:00", "2026-07-15T22:00:00+09:00"),
        ("2026-07-15T22:00:00+09:00", "2026-07-16T06:00:00+09:00"),
        ("2026-07-18T06:00:00+09:00", "2026-07-20T22:00:00+09:00"),
    ],
)
def test_the_next_change_is_the_next_beginning_or_end(moment, change):
    assert nightly().next_change(at(moment)) == at(change)


@pytest.mark.parametrize(
    ("fields", "level", "silenced"),
    [
        ({}, "critical", True),
        ({"factory": "제2공장"}, "red", False),
        ({"sensor_id": "S-1", "floor": 1}, "red", True),
        ({"floor": -1}, "red", False),
        ({"alert_type": "no_data"}, "red", False),
        ({"max_level": "orange"}, "orange", True),
        ({"max_level": "orange"}, "red", False),
    ],
)
def test_a_silence_is_about_what_fits_every_matcher_up_to_its_level(fields, level, silenced):
    assert silence(**fields).silences(alert(), level) is silenced


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"factory": None}, ["factory"]),
        ({"factory": "", "floor": 1000, "sensor_id": "센서", "alert_type": "x", "max_level": "green"},
         ["factory", "floor", "sensor_id", "alert_type", "max_level"]),
        ({"author": " ", "reason": "a\nb"}, ["author", "reason"]),
        ({"end_time": None}, ["end_time"]),
        ({"end_time": NOW}, ["end_time"]),
        ({"end_time": at("9999-12-31T00:00:00+00:00")}, ["end_time"]),
        ({"weekdays": "mon,someday"}, ["weekdays"]),
        ({"weekdays": ""}, ["weekdays"]),
        ({"weekdays": "mon", "start_of_day": "24:00", "end_of_day": "6:00"}, ["start_of_day", "end_of_day"]),
        ({"start_of_day": "22:00"}, ["start_of_day"]),
        ({"zone": "Asia/Nowhere"}, ["zone"]),
        ({"zone": "../etc/passwd"}, ["zone"]),
        ({"zone": "Asia"}, ["zone"]),
        ({"zone": "x" * 5000}, ["zone"]),
        ({"zone": "\0"}, ["zone"]),
    ],
)  # fmt: skip
def test_every_field_that_is_wrong_is_named(fields, blamed):
    with pytest.raises(InvalidInputError) as caught:
        checked(silence(**fields))
    assert [violation.field for violation in caught.value.violations] == blamed


def test_what_is_kept_is_in_one_form():
    kept = checked(silence(weekdays="Sun, mon", max_level="high"))
    assert (kept.weekdays, kept.start_of_day, kept.end_of_day) == ("mon,sun", "00:00", "00:00")
    assert kept.max_level == "orange"
