"""The resolver of levels on ladders of every shape, broken ones too."""

from datetime import UTC, datetime, timedelta

import pytest

from services.heat.judging import Band, MappedBand, Rules, judge
from services.heat.levels import parse_level, status

INF = float("inf")
NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
LEGAL = [
    Band(-INF, 31, "green"), Band(31, 33, "yellow"), Band(33, 35, "orange"), Band(35, 38, "red"),
    Band(38, INF, "critical"),
]  # fmt: skip
CLOSED = [Band(0, 31, "green"), Band(31, 33, "yellow"), Band(33, 35, "orange")]
GAP = [Band(-INF, 31, "green"), Band(33, 35, "orange"), Band(35, INF, "red")]
OVERLAP = [Band(-INF, 34, "green"), Band(33, 36, "orange"), Band(35, INF, "red")]
COLD = [Band(-INF, 0, "red"), Band(0, 5, "orange"), Band(5, 10, "yellow")]
BOTH_SIDES = [Band(0, 20, "orange"), Band(20, 70, "green"), Band(70, 90, "orange")]


@pytest.mark.parametrize(
    ("bands", "value", "level"),
    [
        (LEGAL, 30.9, "green"), (LEGAL, 31.0, "yellow"), (LEGAL, 33.0, "orange"), (LEGAL, 35.0, "red"),
        (LEGAL, 37.9, "red"), (LEGAL, 38.0, "critical"), (LEGAL, 80.0, "critical"),
        (CLOSED, 35.0, "orange"), (CLOSED, 50.0, "orange"), (CLOSED, -1.0, "green"),
        (GAP, 32.0, "orange"), (GAP, 31.0, "orange"), (GAP, 30.9, "green"),
        (OVERLAP, 33.5, "orange"), (OVERLAP, 35.5, "red"),
        (COLD, -30.0, "red"), (COLD, 7.0, "yellow"), (COLD, 20.0, "green"),
        (BOTH_SIDES, -1.0, "orange"), (BOTH_SIDES, 50.0, "green"), (BOTH_SIDES, 95.0, "orange"),
        ([Band(33, 35, "orange")], 36.0, "orange"), ([Band(33, 35, "orange")], 20.0, "green"),
        ([Band(33, INF, "orange")], 20.0, "green"), ([Band(-INF, 5, "orange")], 20.0, "green"),
        ([], 50.0, None),
    ],
)  # fmt: skip
def test_a_value_has_the_level_of_its_band_or_the_safer_neighbours(bands, value, level):
    assert judge(value, bands) == level


def test_a_sensors_own_bands_replace_the_common_ones_while_they_are_valid():
    own = MappedBand(Band(30, INF, "red"), NOON, NOON + timedelta(hours=1))
    rules = Rules({"pcv_temperature": LEGAL}, {("S-1", "pcv_temperature"): [own]})
    levels = [
        judge(30.5, rules.bands(sensor, "pcv_temperature", moment))
        for sensor, moment in [
            ("S-1", NOON - timedelta(seconds=1)),
            ("S-1", NOON),
            ("S-1", NOON + timedelta(hours=1)),
            ("S-2", NOON),
        ]
    ]
    assert levels == ["green", "red", "green", "green"]


def test_older_names_mean_todays_levels_and_unknown_ones_nothing():
    words = ["low", "medium", "high", "warning", "info", " RED ", "purple", ""]
    assert [parse_level(word) for word in words] == ["green", "yellow", "orange", "yellow", "green", "red", None, None]


def test_each_level_has_its_word_of_status():
    levels = ["green", "yellow", "orange", "red", "critical"]
    assert [status(level) for level in levels] == ["normal", "warning", "warning", "critical", "critical"]
