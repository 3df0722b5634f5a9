"""The screen as text: states, levels without colours, sizes."""

import re
from datetime import timedelta

import pytest
from rich.cells import cell_len

from services.watch.domain import HUMIDITY, STALE, SUSPECT, TEMPERATURE
from services.watch.link import Link
from services.watch.words import age
from tests.support.watched import LIVE, NOW, alert, board, drawn, seen

S = timedelta(seconds=1)
ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def rows(text):
    return {line.split()[0]: line for line in text.splitlines() if line.strip()}


def test_a_place_shows_its_value_level_air_quality_and_age():
    text = drawn(board(seen("A-1", 35.26, "red", area="Line 1")))
    assert text.splitlines()[0] == "● live  2026-07-15 14:00:30 Asia/Seoul  1 place, 1 sensor"
    assert rows(text)["A-1"].split() == ["A-1", "Line", "1", "35.3", "■", "red", "→", "31.5", "55", "good", "12s"]
    assert rows(text)["Ulsan"].split()[-2:] == ["1", "place"]


@pytest.mark.parametrize("height", [None, 24])
def test_what_is_not_live_is_in_parentheses_and_says_since_when(height):
    silent = Link("realtime", None, NOW - 25 * S), LIVE[1]
    text = drawn(board(seen("A-1", 35.3, "red"), alerts=[alert(1)]), links=silent, height=height)
    assert text.startswith("● stale since 14:00:05 (realtime)")
    assert "(35.3)" in rows(text)["A-1"]
    assert " 35.3" not in text
    assert "1 open alert\n" in text
    lost = LIVE[0], Link("alert", NOW - 7 * S, NOW - 9 * S, "Connection refused")
    text = drawn(board(seen("A-1", 35.3, "red"), alerts=[alert(1)]), links=lost, height=height)
    assert text.startswith("● reconnecting (7 s, alert)")
    assert "! alert: Connection refused" in text
    assert "1 open alert as of 14:00:21" in text
    assert "(felt 31.0 °C)" in text
    assert " 35.3" in text


def test_before_anything_came_nothing_is_claimed():
    links = Link("realtime", NOW - 3 * S), Link("alert", NOW - 3 * S)
    known = board(hour="")
    text = drawn(known, links=links)
    assert text.startswith("● connecting (3 s, realtime)")
    assert "alerts are not known yet" in text
    assert "no open alerts" not in text
    assert "no sensor" not in text


def test_nothing_open_and_nothing_measured_is_said():
    text = drawn(board())
    assert "no sensor here has measured anything yet" in text
    assert "no open alerts" in text


def test_a_silent_sensor_has_an_old_number_and_no_level():
    line = rows(drawn(board(seen("A-1", 36.0, "red", quality=STALE))))["A-1"]
    assert "(36.0)" in line
    assert "? unknown" in line
    assert "red" not in line


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", "✖"), ("ascii", "XXX")])
def test_a_level_that_is_not_of_the_perceived_temperature_says_of_what_it_is(width, encoding, sign):
    known = board(
        seen("A", 29.0, "critical", by=TEMPERATURE),
        seen("B", 29.0, "critical", by=HUMIDITY),
        seen("C", 39.0, "critical", building="B2"),
    )
    text = drawn(known, width=width, encoding=encoding)
    told = {name: line for name, line in rows(text).items() if name in {"A", "B", "C"}}
    assert f"  29.0  {sign} critical (air)  " in told["A"]
    assert f"  29.0  {sign} critical (hum)  " in told["B"]
    assert "(" not in told["C"]
    assert "(" not in rows(text)["Ulsan"]
    assert len({line.index("critical") for line in told.values()}) == 1
    assert max(map(cell_len, text.splitlines())) <= width


def test_a_value_that_is_not_to_blame_has_not_the_colour_of_the_level():
    text = drawn(board(seen("A", 29.0, "red", by=TEMPERATURE)), colours="256", height=24)
    assert "\x1b[1m   29.0" in text
    assert "\x1b[1;31m■ red (air)" in text


def test_a_silent_sensor_has_no_metric_to_blame():
    line = rows(drawn(board(seen("A-1", 30.0, "critical", by=TEMPERATURE, quality=STALE))))["A-1"]
    assert "? unknown  " in line
    assert "air" not in line


def test_levels_are_told_by_symbols_and_words_with_and_without_colours():
    known = board(*[seen(f"L{n}", 30.0, level) for n, level in enumerate(["green", "yellow", "orange", "red", None])])
    coloured = drawn(known, colours="256", height=24)
    bare = drawn(known, colours="256", height=24, no_color=True)
    assert ESCAPES.sub("", coloured) == ESCAPES.sub("", bare)
    for sign in ("○ green", "△ yellow", "▲ orange", "■ red", "? unknown"):
        assert sign in bare
    assert "\x1b[1;31m" in coloured
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|4[0-7]|38|48)[;m]", bare)


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_terminal_that_is_not_utf_8_gets_signs_that_it_has(encoding):
    known = board(
        *[seen(f"L{n}", 30.0, level) for n, level in enumerate(["green", "orange", "red", "critical"])],
        seen("A" * 50, 33.0, "red"),
        alerts=[alert(1, what="felt 31 C")],
    )
    text = drawn(known, encoding=encoding, width=90)
    assert text.isascii()
    assert rows(text)["L0"].split()[1:4] == ["30.0", "o", "green"]
    assert "!! orange" in text
    assert "!!! red" in text
    assert "XXX critical" in text


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("height", [12, 24, 40])
def test_it_never_is_wider_or_longer_than_the_terminal(width, height):
    many = [
        seen(
            f"L{n}", 30 + n % 9, "red", area="도장 라인 " * (n % 5), floor=n % 3, quality=SUSPECT, reason="implausible"
        )
        for n in range(60)
    ]
    alerts = [alert(n, what="사람이 쓴 아주 긴 말 " * 5, acknowledged_by="김" * 40) for n in range(40)]
    text = drawn(board(*many, alerts=alerts, degraded=["X: long words " * 20]), width=width, height=height)
    lines = text.removesuffix("\n").split("\n")
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    (hidden,) = re.findall(r"\.\.\. (\d+) more places?; the worst are shown", text)
    assert int(hidden) + sum(bool(re.match(r" *L\d", line)) for line in lines) == 60
    assert re.search(r"\.\.\. \d+ more alerts?; the worst are shown", text)


def test_a_file_gets_everything():
    text = drawn(board(*[seen(f"L{n}") for n in range(200)], alerts=[alert(n) for n in range(50)]))
    assert sum(line.strip().startswith("L") for line in text.splitlines()) == 200
    assert "more" not in text


def test_an_alert_says_since_when_and_who_takes_care():
    alerts = [
        alert(1, "red", acknowledged_by="kim", shelved_until=NOW + 60 * 60 * S),
        alert(2, "orange", minutes=60 * 24, is_silenced=True, is_suspect=True, shelved_until=NOW - S),
    ]
    lines = [line for line in drawn(board(alerts=alerts), width=160).splitlines() if "A-1" in line]
    assert re.split(r"\s{2,}", lines[0].strip()) == [
        "■ red", "Press > B1 > floor 1 > A-1 Line 1", "felt 31.0 °C", "13:50",
        "acknowledged by kim, shelved until 15:00",
    ]  # fmt: skip
    assert re.split(r"\s{2,}", lines[1].strip())[3:] == ["07-14 14:00", "nobody yet, silenced, suspect"]


def test_what_is_degraded_is_told_in_words_with_the_time_at_the_site():
    told = ["THRESHOLDS_STALE since 2026-07-15T04:58:00Z: what the thresholds service said last is used", "odd words"]
    lines = drawn(board(degraded=told)).splitlines()
    assert lines[1] == "! what the thresholds service said last is used (since 13:58)"
    assert lines[2] == "! odd words"


def test_an_hour_of_another_zone_is_told():
    text = drawn(board(seen("A"), hour="2026071507"))
    assert "! at the site it is 2026-07-15 07h, not as in Asia/Seoul; set MONTRG_SITE_TZ" in text


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (86_400 * 400, "400d")]
)
def test_an_age_has_at_most_four_columns(seconds, words):
    assert age(timedelta(seconds=seconds)) == words
