"""Steps of the site's calendar, also where its clock is moved."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from services.aggregation.calendar import calendar_of
from services.aggregation.query.steps import divided, parse_step, steps_between
from services.common.epoch import microseconds, moment_of
from services.common.errors import Violation

NEW_YORK, KOLKATA, LORD_HOWE = "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"


def step(text):
    bad: list[Violation] = []
    found = parse_step(text, bad)
    assert not bad
    return found


def locals_of(text, zone, start, end):
    steps = steps_between(step(text), calendar_of(zone), microseconds(start), microseconds(end))
    assert len(steps) == len(steps.keys)
    assert not len(steps) or steps.end > steps.starts[-1]
    return [f"{moment_of(moment).astimezone(ZoneInfo(zone)):%d %H:%M}" for moment in steps.starts.tolist()]


@pytest.mark.parametrize(
    ("text", "zone", "start", "end", "expected"),
    [
        ("1h", "Asia/Seoul", "2024-06-01T00:30Z", "2024-06-01T03:00Z", ["01 09:00", "01 10:00", "01 11:00"]),
        ("1h", "Asia/Seoul", "2024-06-01T00:00Z", "2024-06-01T01:00:01Z", ["01 09:00", "01 10:00"]),
        ("", KOLKATA, "2024-06-01T00:00Z", "2024-06-01T01:00Z", ["01 05:00", "01 06:00"]),
        ("60min", KOLKATA, "2024-06-01T00:30Z", "2024-06-01T01:30Z", ["01 06:00"]),
        ("20min", KOLKATA, "2024-06-01T00:00Z", "2024-06-01T00:31Z", ["01 05:20", "01 05:40", "01 06:00"]),
        ("1h", NEW_YORK, "2024-11-03T04:00Z", "2024-11-03T08:00Z",
         ["03 00:00", "03 01:00", "03 01:00", "03 02:00"]),
        ("1h", NEW_YORK, "2024-03-10T06:00Z", "2024-03-10T08:00Z", ["10 01:00", "10 03:00"]),
        ("1d", NEW_YORK, "2024-11-02T12:00Z", "2024-11-04T05:01Z", ["02 00:00", "03 00:00", "04 00:00"]),
        ("1mo", NEW_YORK, "2024-02-01T04:59Z", "2024-04-01T04:00Z", ["01 00:00", "01 00:00", "01 00:00"]),
        # The clock goes back from 02:00 to 01:30, and so cuts a step of twenty minutes short.
        ("20min", LORD_HOWE, "2024-04-06T14:40Z", "2024-04-06T15:21Z",
         ["07 01:40", "07 01:30", "07 01:40"]),
    ],
)  # fmt: skip
def test_steps_begin_with_the_sites_clock(text, zone, start, end, expected):
    assert locals_of(text, zone, datetime.fromisoformat(start), datetime.fromisoformat(end)) == expected


@pytest.mark.parametrize("text", ["1min", "12min", "30min", "1h", "1d", "1mo"])
@pytest.mark.parametrize("zone", ["Asia/Seoul", NEW_YORK, KOLKATA, LORD_HOWE])
def test_parts_follow_each_other_without_a_gap_or_a_step_twice(text, zone):
    calendar, days = calendar_of(zone), 4 if text.endswith("min") else 500
    start, end = (microseconds(datetime(2024, 4, 5, 7, 11, tzinfo=UTC) + timedelta(days=n)) for n in (0, days))
    whole = steps_between(step(text), calendar, start, end)
    parts = list(divided(step(text), calendar, start, end, 9))
    assert [moment for part in parts for moment in part.starts.tolist()] == whole.starts.tolist()
    assert all(part.end == later.starts[0] for part, later in pairwise(parts))
    assert len(parts) > 1
    assert parts[-1].end == whole.end >= end > whole.starts[-1]


@pytest.mark.parametrize("text", ["0min", "7min", "-1min", "120min", "2h", "1", "min", "1 min", "1m", "1w", "١min"])
def test_an_unknown_step_is_refused(text):
    bad: list[Violation] = []
    assert parse_step(text, bad) is None
    assert [violation.field for violation in bad] == ["step"]
