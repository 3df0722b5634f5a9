"""The board: what is shown, what changes, and what somebody is told who comes back. Without a server."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.watching.audience import Audience
from services.directory.domain import PlaceFilter
from services.heat.judging import Band, Rules
from tests.realtime.live.boards import (
    EVERYWHERE,
    NOON,
    SECOND,
    board_of,
    directory,
    place,
    reading,
    sensor,
    words,
)

F1, F2 = PlaceFilter(factory="F1"), PlaceFilter(factory="F2")
HOT = Rules({"temperature": [Band(30, float("inf"), "red")]}, {})


def changed(board, version, wanted=EVERYWHERE):
    changes = board.changes(version, wanted)
    return words(changes.measurements), list(changes.removed)


def test_a_snapshot_is_in_the_order_of_names_and_has_only_active_sensors_of_the_directory():
    board = board_of(reading("s2"), reading("s1"), reading("nobody"), known=("s1", "s2"))
    assert words(board.snapshot(EVERYWHERE)) == ["s1@0 20.0 GOOD A-1/F1 None", "s2@0 20.0 GOOD A-1/F1 None"]
    board.set_directory(directory(sensor("s1", is_active=False), sensor("nobody")))
    assert words(board.snapshot(EVERYWHERE)) == ["nobody@0 20.0 GOOD A-1/F1 None"]


def test_a_newer_reading_replaces_the_older_and_is_the_only_change():
    board = board_of(reading("s1"), reading("s2"))
    version = board.version
    board.apply(11, [reading("s1", 5, 25.0)])
    assert changed(board, version) == (["s1@5 25.0 GOOD A-1/F1 None"], [])
    assert (changed(board, board.version), board.seq) == (([], []), 11)


@pytest.mark.parametrize("age", [0, -1, -3600])
def test_a_reading_that_is_not_newer_changes_nothing(age):
    board = board_of(reading("s1"))
    version = board.version
    board.apply(11, [reading("s1", age, 99.0)])
    assert (board.version, board.seq) == (version, 11)


def test_what_has_not_changed_is_not_rendered_again():
    drawn: list[str] = []
    board = board_of(reading("s1"), reading("s2"), drawn=drawn)
    board.snapshot(EVERYWHERE)
    board.apply(11, [reading("s2", 5)])
    board.set_directory(directory(*map(sensor, ("s1", "s2", "s3"))))
    board.set_rules(Rules({"humidity": [], "pcv_temperature": HOT.everywhere["temperature"]}, {}))
    board.snapshot(EVERYWHERE)
    board.load([reading("s1"), reading("s2", 5)], 12)
    board.snapshot(EVERYWHERE)
    assert [text.split()[0] for text in drawn] == ["s1@0", "s2@0", "s2@5"]


def test_several_changes_of_one_sensor_are_told_as_the_last():
    board = board_of(reading("s1"))
    version = board.version
    for second in range(1, 5):
        board.apply(10 + second, [reading("s1", second)])
    assert changed(board, version) == (["s1@4 20.0 GOOD A-1/F1 None"], [])


@pytest.mark.parametrize(("quality", "shown"), [(1, "GOOD"), (2, "SUSPECT"), (3, "SUSPECT"), (4, "SUSPECT")])
def test_whatever_is_not_good_is_suspect(quality, shown):
    assert words(board_of(reading("s1", quality=quality)).snapshot(EVERYWHERE))[0].split()[2] == shown


@pytest.mark.parametrize(("silent_s", "quality"), [(0, "GOOD"), (180, "GOOD"), (181, "STALE"), (86_400, "STALE")])
def test_a_sensor_silent_for_three_intervals_is_stale(silent_s, quality):
    board = board_of(reading("s1"))
    board.advance(NOON + silent_s * SECOND)
    assert words(board.snapshot(EVERYWHERE))[0].split()[2] == quality


def test_turning_stale_is_a_change_once_and_a_new_reading_ends_it():
    board = board_of(reading("s1"))
    version = board.version
    board.advance(NOON + 181 * SECOND)
    assert changed(board, version) == (["s1@0 20.0 STALE A-1/F1 None"], [])
    version = board.version
    board.advance(NOON + 500 * SECOND)
    assert board.version == version
    board.apply(11, [reading("s1", 500)])
    assert changed(board, version) == (["s1@500 20.0 GOOD A-1/F1 None"], [])
    board.advance(NOON + 681 * SECOND)
    assert words(board.snapshot(EVERYWHERE)) == ["s1@500 20.0 STALE A-1/F1 None"]


def test_a_sensor_that_goes_on_sending_never_turns_stale():
    board = board_of(reading("s1"))
    for second in range(0, 1_000, 60):
        board.apply(11 + second, [reading("s1", second)])
        board.advance(NOON + (second + 59) * SECOND)
        assert words(board.snapshot(EVERYWHERE))[0].split()[2] == "GOOD"


def test_another_interval_counts_at_once_in_both_directions():
    board = board_of(reading("s1"))
    board.advance(NOON + 100 * SECOND)
    version = board.version
    board.set_directory(directory(sensor("s1", interval_s=10)))
    assert changed(board, version)[0] == ["s1@0 20.0 STALE A-1/F1 None"]
    version = board.version
    board.set_directory(directory(sensor("s1", interval_s=40)))
    assert changed(board, version)[0] == ["s1@0 20.0 GOOD A-1/F1 None"]
    board.advance(NOON + 121 * SECOND)
    assert words(board.snapshot(EVERYWHERE)) == ["s1@0 20.0 STALE A-1/F1 None"]


def test_a_new_limit_is_a_change_of_those_whose_level_it_changes():
    board = board_of(reading("s1", temperature=35.0), reading("s2"))
    board.snapshot(EVERYWHERE)
    version = board.version
    board.set_rules(HOT)
    # The level of what no band holds is that of the band next to it.
    assert {text.split()[0]: text.split()[-1] for text in changed(board, version)[0]} == {
        "s1@0": "red",
        "s2@0": "green",
    }
    version = board.version
    board.set_rules(Rules({"temperature": [Band(34, float("inf"), "red")]}, {}))
    assert changed(board, version) == ([], [])


def test_a_filter_tells_of_its_places_alone():
    board = board_of(reading("s1"), reading("s2", loc_id="B-1"))
    version = board.version
    assert words(board.snapshot(F2)) == ["s2@0 20.0 GOOD B-1/F2 None"]
    board.apply(11, [reading("s1", 5)])
    assert changed(board, version, F2) == ([], [])
    assert board.last_change(version, F2) == version
    assert board.last_change(version, F1) == board.version


def test_a_sensor_that_measures_elsewhere_leaves_one_filter_and_enters_the_other():
    board = board_of(reading("s1"))
    version = board.version
    board.apply(11, [reading("s1", 5, loc_id="B-1")])
    assert changed(board, version, F1) == ([], ["s1"])
    assert changed(board, version, F2) == (["s1@5 20.0 GOOD B-1/F2 None"], [])
    assert changed(board, version) == (["s1@5 20.0 GOOD B-1/F2 None"], [])
    assert changed(board, board.version, F1) == ([], [])
    version = board.version
    board.apply(12, [reading("s1", 6, loc_id="B-1")])
    assert changed(board, version, F1) == ([], [])  # it had left before


def test_a_place_that_is_renamed_and_a_sensor_that_is_switched_off_are_changes():
    board = board_of(reading("s1"), reading("s2", loc_id="B-1"))
    version = board.version
    sensors = [sensor("s1"), sensor("s2", is_active=False)]
    board.set_directory(directory(*sensors, places=[place("A-1", "F3"), place("B-1", "F2")]))
    assert changed(board, version, F1) == ([], ["s1"])
    assert changed(board, version, PlaceFilter(factory="F3"))[0] == ["s1@0 20.0 GOOD A-1/F3 None"]
    assert changed(board, version, F2) == ([], ["s2"])
    version = board.version
    board.set_directory(directory(*map(sensor, ("s1", "s2"))))
    assert changed(board, version, F2) == (["s2@0 20.0 GOOD B-1/F2 None"], [])


def test_without_a_directory_everything_is_shown_and_a_place_fits_by_its_id():
    board = board_of(reading("s1"), reading("s2", loc_id="B-1"))
    board.set_directory(None)
    assert words(board.snapshot(EVERYWHERE)) == ["s1@0 20.0 GOOD A-1/None None", "s2@0 20.0 GOOD B-1/None None"]
    assert words(board.snapshot(PlaceFilter(loc_id="B-1"))) == ["s2@0 20.0 GOOD B-1/None None"]
    assert board.snapshot(F1) == []


def test_loading_another_state_takes_away_what_is_not_in_it():
    board = board_of(reading("s1"), reading("s2", 9))
    version = board.version
    board.load([reading("s2", 4)], 3)
    assert changed(board, version) == (["s2@4 20.0 GOOD A-1/F1 None"], ["s1"])
    board.apply(4, [reading("s1", -50)])
    assert words(board.snapshot(EVERYWHERE))[0] == "s1@-50 20.0 GOOD A-1/F1 None"


def test_what_cannot_be_relied_upon_is_news_for_everybody_once():
    board = board_of(reading("s1"))
    version = board.version
    board.set_notes(["LOCATION_STALE"])
    board.set_notes(["LOCATION_STALE"])
    assert (board.version, board.last_change(version, F2)) == (version + 1, version + 1)
    assert changed(board, version) == ([], [])


def test_somebody_who_comes_back_is_told_what_came_after_and_what_turned_stale():
    board = board_of(reading("s1"), reading("s2", 30), reading("s3"))
    board.apply(11, [reading("s1", 100)])
    board.apply(12, [reading("s3", 100)])
    board.advance(NOON + 211 * SECOND)  # s2 is stale now
    told = board.changes_after(11, NOON + 150 * SECOND, EVERYWHERE)
    assert sorted(words(told.measurements)) == ["s2@30 20.0 STALE A-1/F1 None", "s3@100 20.0 GOOD A-1/F1 None"]
    later = board.changes_after(12, NOON + 211 * SECOND, EVERYWHERE)
    assert later.measurements == []


def test_somebody_who_comes_back_is_told_what_left():
    board = board_of(reading("s1"), reading("s2"))
    board.apply(11, [reading("s1", 5, loc_id="B-1")])
    board.apply(12, [reading("s2", 5, loc_id="B-1")])
    assert board.changes_after(11, NOON, F1).removed == ["s2"]


def test_what_was_loaded_tells_nothing_of_the_time_before_until_it_is_learnt():
    board = board_of(reading("s1"), reading("s2"), reading("s3"))
    assert not board.can_tell(8, EVERYWHERE)
    board.learn(8, [(9, ["s1"]), (10, ["s2", "gone"])])
    assert board.can_tell(8, EVERYWHERE)
    assert not board.can_tell(8, F1), "where they were before is not in the log"
    assert not board.can_tell(11, EVERYWHERE), "it is not there yet"
    assert [text[:2] for text in words(board.changes_after(9, NOON, EVERYWHERE).measurements)] == ["s2"]
    assert [text[:2] for text in words(board.changes_after(8, NOON, EVERYWHERE).measurements)] == ["s1", "s2"]


SENSORS, LOC_IDS = ("s1", "s2", "s3"), ("A-1", "B-1")
FACTORIES, INTERVALS = ("F1", "F2"), (5, 60)
MEASURES = st.tuples(st.just("apply"), st.sampled_from(SENSORS), st.integers(-100, 2_000), st.sampled_from(LOC_IDS))
PASSES = st.tuples(st.just("advance"), st.integers(1, 400))
STEPS = st.one_of(
    MEASURES,
    PASSES,
    st.tuples(
        st.just("directory"), st.sets(st.sampled_from(SENSORS)), st.sampled_from(INTERVALS), st.sampled_from(FACTORIES)
    ),
    st.tuples(st.just("rules"), st.sampled_from((15, 25))),
    st.tuples(st.just("notes"), st.sampled_from(("", "LOCATION_STALE"))),
    st.tuples(st.just("join"), st.sampled_from((EVERYWHERE, F1, F2))),
    st.tuples(st.just("look"), st.sampled_from((EVERYWHERE, F1, F2))),
)


class Follower:
    """Somebody who watches, and remembers what is shown."""

    def __init__(self, board, wanted, audience=None):
        self.board, self.wanted, self.version = board, wanted, board.version
        self.audience = audience or Audience(board)
        self.notes = board.notes
        self.shown = {body.split(b"@")[0].decode(): body for body in board.snapshot(wanted)}

    def look(self):
        changes = self.board.changes(self.version, self.wanted)
        if changes.measurements or changes.removed or self.board.notes != self.notes:
            assert self.audience.last_change(self.wanted) > self.version, "nobody would have been woken"
        self.take(changes)
        self.version, self.notes = self.board.version, self.board.notes

    def take(self, changes):
        self.shown |= {body.split(b"@")[0].decode(): body for body in changes.measurements}
        for name in changes.removed:
            self.shown.pop(name, None)


def step(board, now, kind, *what):
    if kind == "apply":
        name, age, loc_id = what
        board.apply(board.seq + 1, [reading(name, age, age % 30, loc_id)])
    elif kind == "advance":
        now += what[0] * SECOND
        board.advance(now)
    elif kind == "directory":
        names, interval_s, factory = what
        places = [place("A-1", factory), place("B-1", "F2")]
        board.set_directory(directory(*(sensor(name, interval_s=interval_s) for name in names), places=places))
    elif kind == "notes":
        board.set_notes([note for note in what if note])
    elif kind == "rules":
        board.set_rules(Rules({"temperature": [Band(0, what[0], "yellow"), Band(what[0], 99, "red")]}, {}))
    return now


@settings(max_examples=500)
@given(st.lists(STEPS, max_size=40))
def test_whoever_follows_the_changes_of_a_filter_sees_what_a_snapshot_shows(steps):
    board, now = board_of(), NOON
    audience, followers = Audience(board), []
    for kind, *what in steps:
        now = step(board, now, kind, *what)
        if kind == "join":
            followers.append(Follower(board, what[0], audience))
        for follower in followers:
            # Some look often, some seldom.
            if kind == "look" and follower.wanted == what[0]:
                follower.look()
    for follower in followers:
        follower.look()
        assert sorted(follower.shown.values()) == sorted(board.snapshot(follower.wanted))


@given(st.lists(st.one_of(MEASURES, PASSES), max_size=20), st.lists(st.one_of(MEASURES, PASSES), max_size=20))
def test_whoever_comes_back_with_a_place_in_the_log_sees_what_a_snapshot_shows(before, after):
    board, now = board_of(), NOON
    for kind, *what in before:
        now = step(board, now, kind, *what)
    followers = [Follower(board, wanted) for wanted in (EVERYWHERE, F1, F2)]
    seq, left_at = board.seq, board.now
    for kind, *what in after:
        now = step(board, now, kind, *what)
    for follower in followers:
        follower.take(board.changes_after(seq, left_at, follower.wanted))
        assert sorted(follower.shown.values()) == sorted(board.snapshot(follower.wanted))
