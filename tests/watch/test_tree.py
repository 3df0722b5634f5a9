"""Places in what they are in: the worst rolled up, sorted, and cut to a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.watch.domain import FELT, HUMIDITY, STALE, TEMPERATURE, danger
from services.watch.tree import NAME, NOWHERE, ORDERS, WORST, Group, Spot, fitting, tree
from tests.support.watched import seen


def outline(nodes, lines=None):
    rows, hidden = fitting(nodes, lines)
    return [f"{'  ' * len(row.above)}{row.node.name} {row.node.level}" for row in rows], hidden


def group(nodes):
    """The one group that holds everything."""
    (found,) = nodes
    assert isinstance(found, Group)
    return found


def test_the_worst_level_and_the_highest_value_are_rolled_up():
    nodes = tree(
        [seen("A", 34.0, "orange"), seen("B", 30.0, "green", floor=2), seen("C", 36.0, "red", building="B2")], WORST
    )
    assert outline(nodes)[0] == [
        "Ulsan > Press red",
        "  B2 > floor 1 red",
        "    C red",
        "  B1 orange",
        "    floor 1 orange",
        "      A orange",
        "    floor 2 green",
        "      B green",
    ]
    top = group(nodes)
    assert (top.felt, top.places, top.children[1].felt) == (36.0, 3, 34.0)


def test_by_name_floors_are_in_the_order_of_their_numbers():
    nodes = tree([seen(f"A{floor}", floor=floor) for floor in (10, 2, -1)], NAME)
    assert [child.name for child in group(nodes).children] == ["floor -1", "floor 2", "floor 10"]


def test_what_nobody_can_judge_is_worse_than_what_is_well_and_better_than_what_is_not():
    assert sorted(["red", "green", None, "critical", "orange", "yellow"], key=danger) == [
        "green", None, "yellow", "orange", "red", "critical"
    ]  # fmt: skip
    found = tree([seen("A", level=None), seen("B")], WORST)
    assert group(found).level is None


def test_a_silent_sensor_says_nothing_of_now():
    found = tree([seen("A", 39.0, "critical", quality=STALE), seen("B", 31.5, "yellow")], WORST)
    assert (group(found).level, group(found).felt) == ("yellow", 31.5)
    silent = next(child for child in group(found).children if child.name == "A")
    assert (silent.level, silent.felt) == (None, 39.0)


def test_beside_a_silent_sensor_another_one_stands_for_the_place():
    found = tree(
        [
            seen("A", 39.0, "critical", sensor_id="1", quality=STALE),
            seen("A", 31.5, "yellow", sensor_id="2"),
            seen("A", 33.5, "orange", sensor_id="3"),
        ],
        WORST,
    )
    (spot,) = group(found).children
    assert isinstance(spot, Spot)
    assert (spot.level, spot.felt, [each.sensor_id for each in spot.sensors]) == ("orange", 33.5, ["3", "2", "1"])


def test_the_metric_that_has_the_worst_level_is_rolled_up_with_it():
    hot, damp = seen("A", 30.0, "critical", by=TEMPERATURE), seen("B", 34.0, "orange", by=HUMIDITY)
    top = group(tree([hot, damp], WORST))
    assert (top.level, top.by, top.felt) == ("critical", TEMPERATURE, 34.0)
    assert [(child.level, child.by) for child in top.children] == [("critical", TEMPERATURE), ("orange", HUMIDITY)]
    top = group(tree([hot, damp, seen("C", 39.0, "critical", building="B2")], WORST))
    assert (top.level, top.by) == ("critical", FELT)


def test_a_sensor_that_is_worse_by_another_metric_does_not_hide_the_highest_value():
    sensors = [
        seen("A", 34.5, "orange", sensor_id="1"),
        seen("A", 30.0, "critical", sensor_id="2", by=TEMPERATURE),
        seen("A", 39.0, "critical", sensor_id="3", quality=STALE),
    ]
    top = group(tree(sensors, WORST))
    (spot,) = top.children
    assert (spot.level, spot.by, spot.felt, top.felt) == ("critical", TEMPERATURE, 30.0, 34.5)


def test_where_all_are_silent_no_metric_tells():
    (spot,) = group(tree([seen("A", 30.0, "critical", by=HUMIDITY, quality=STALE)], WORST)).children
    assert (spot.level, spot.by) == (None, FELT)


def test_a_place_that_location_does_not_know_is_shown_too():
    sensor = seen("Z", factory=None, building=None, floor=None)
    nowhere = seen("Y")
    object.__setattr__(sensor.where, "plant", None)
    assert [node.name for node in tree([sensor, nowhere], NAME)] == ["Ulsan > Press > B1 > floor 1", NOWHERE]


@pytest.mark.parametrize("order", ORDERS)
def test_where_not_all_fits_the_worst_are_shown_in_order_with_what_they_are_in(order):
    levels = ["green", "red", "yellow", "critical", "orange"]
    nodes = tree([seen(f"{n}", 30.0 + n, level) for n, level in enumerate(levels)], order)
    lines, hidden = outline(nodes, 4)
    assert lines[0] == "Ulsan > Press > B1 > floor 1 critical"
    assert sorted(lines[1:]) == ["  1 red", "  3 critical"]
    assert hidden == 3


LEVELS = st.sampled_from(["green", "yellow", "orange", "red", "critical", None])
SENSORS = st.lists(
    st.builds(
        lambda n, level, factory, floor: seen(f"{n}", 30.0, level, factory=factory, floor=floor),
        st.integers(0, 30), LEVELS, st.sampled_from("FG"), st.integers(-1, 2),
    ),
    unique_by=lambda each: each.where.loc_id, max_size=25,
)  # fmt: skip


@given(SENSORS, st.integers(0, 40), st.sampled_from(ORDERS))
def test_nothing_that_is_left_out_is_worse_than_what_is_shown_and_it_never_is_too_long(sensors, lines, order):
    rows, hidden = fitting(tree(sensors, order), lines)
    shown = [row.node for row in rows if isinstance(row.node, Spot)]
    assert len(rows) + (hidden > 0) <= max(lines, 1)
    assert len(shown) + hidden == len(sensors)
    names = {node.sensors[0].sensor_id for node in shown}
    left = [danger(each.level) for each in sensors if each.sensor_id not in names]
    if shown and left:
        assert max(left) <= min(danger(node.level) for node in shown)


@given(SENSORS)
def test_a_group_is_as_bad_as_the_worst_in_it(sensors):
    rows, _ = fitting(tree(sensors, WORST), None)
    for row in rows:
        if isinstance(row.node, Spot):
            assert all(danger(group.level) >= danger(row.node.level) for group in row.above)
    for node in tree(sensors, WORST):
        assert danger(node.level) in {danger(each.level) for each in sensors}
