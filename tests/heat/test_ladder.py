"""Ladders say what the resolver says, of bands of every shape."""

import random
from itertools import product

import pytest

from services.heat.judging import Band, judge
from services.heat.ladder import ladder
from services.heat.levels import LEVELS, severity

INF = float("inf")
LEGAL = (
    Band(-INF, 31, "green"), Band(31, 33, "yellow", 2), Band(33, 35, "orange", 3), Band(35, INF, "red", 4),
)  # fmt: skip
COLD = (Band(-INF, 0, "red"), Band(0, 5, "orange"), Band(5, 10, "yellow"))
BOTH_SIDES = (Band(-INF, 20, "orange"), Band(20, 70, "green"), Band(70, 90, "orange"))


def bands_at_random(chance):
    """One to five bands that overlap and leave gaps, some of them open."""
    for _ in range(chance.randint(1, 5)):
        low, high = sorted(chance.sample(range(10), 2))
        yield Band(
            chance.choice([float(low), -INF]) if chance.random() < 0.3 else low,
            INF if chance.random() < 0.2 else high,
            chance.choice(LEVELS),
        )


def test_a_ladder_says_of_every_value_what_the_resolver_says():
    chance = random.Random(4)
    values = [half / 2 for half in range(-4, 24)]
    for _ in range(500):
        bands = tuple(bands_at_random(chance))
        made = ladder(bands)
        assert [made.rung(value) for value in values] == [severity(judge(value, bands) or "") for value in values], (
            bands
        )
        low, high = made.calm()
        assert not [value for value in values if low <= value < high and made.rung(value)], bands


@pytest.mark.parametrize(
    ("bands", "anchor", "value", "holds"),
    [
        (LEGAL, 35.0, 34.5, True), (LEGAL, 35.0, 34.4, False), (LEGAL, 35.0, 99.0, True),
        (LEGAL, 33.0, 32.5, True), (LEGAL, 34.9, 32.4, False), (LEGAL, 33.0, 35.4, True),
        (COLD, -1.0, 0.4, True), (COLD, -1.0, 0.5, False), (COLD, 9.9, 10.4, True), (COLD, 9.9, 10.5, False),
        (BOTH_SIDES, 10.0, 20.4, True), (BOTH_SIDES, 10.0, 69.9, False), (BOTH_SIDES, 80.0, 69.9, True),
        ((Band(33.3, INF, "red"),), 34.0, 32.8, True), ((Band(33.3, INF, "red"),), 34.0, 32.7, False),
    ],
)  # fmt: skip
def test_a_level_is_held_within_its_step_widened_by_the_hysteresis(bands, anchor, value, holds):
    assert ladder(bands).holds(anchor, value, 0.5) is holds


def test_the_danger_grows_upward_with_heat_and_downward_with_cold():
    assert [ladder(LEGAL).rises(value) for value in (31, 34, 40)] == [True] * 3
    assert [ladder(COLD).rises(value) for value in (-5, 3, 7)] == [False] * 3
    assert [ladder(BOTH_SIDES).rises(value) for value in (10, 80)] == [False, True]


def test_the_band_of_a_rung_is_the_one_that_the_value_is_in_or_the_nearest():
    low, high = Band(-INF, 20, "orange", 1), Band(70, 90, "orange", 2)
    both = ladder((low, high))
    wanted = [(10, low), (80, high), (95, high), (40, low), (60, high)]
    assert [both.band(2, value) for value, _ in wanted] == [band for _, band in wanted]
    assert ladder(LEGAL).band(3, 36).threshold_id == 4


def test_a_rung_waits_as_long_as_the_shortest_of_its_bands_and_no_band_has_no_wait():
    bands = (Band(30, 32, "yellow", 1, None, 300), Band(31, 33, "yellow", 2, 7, 120), Band(33, INF, "red", 3, 8, 0))
    assert ladder(bands).delays_s == (None, 120, None, 0, None)


@pytest.mark.parametrize(("level", "bound"), list(product(LEVELS, (5.0, INF, -INF))))
def test_a_single_band_makes_a_ladder(level, bound):
    bands = (Band(min(bound, 5.0), max(bound, 6.0), level),)
    assert ladder(bands).rung(5.5) == severity(level)
