"""The table of what a row can never be."""

from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.realtime.ingest.rules import EARLIEST, RULES, Clocks, refusals
from tests.realtime.ingest.rows import NOW, sent

CLOCKS = Clocks(NOW, EARLIEST)
CASES = [
    ({"sensor_id": ""}, "sensor_id"),
    ({"sensor_id": "a/b"}, "sensor_id"),
    ({"sensor_id": "x" * 51}, "sensor_id"),
    ({"capture_time": None}, "capture_time"),
    ({"capture_time": NOW + timedelta(seconds=61)}, "capture_time"),
    ({"capture_time": EARLIEST - timedelta(seconds=1)}, "capture_time"),
    ({"temperature": None}, "temperature"),
    ({"temperature": float("nan")}, "temperature"),
    ({"temperature": float("inf")}, "temperature"),
    ({"temperature": -99.0}, "temperature"),
    ({"temperature": -999.0}, "temperature"),
    ({"temperature": 60.1}, "temperature"),
    ({"temperature": -40.1}, "temperature"),
    ({"temperature": 86.0}, "temperature"),
    ({"temperature": 1e308}, "temperature"),
    ({"temperature": 160.0, "temperature_unit": "fahrenheit"}, "temperature"),
    ({"temperature": -1e308, "temperature_unit": "fahrenheit"}, "temperature"),
    ({"temperature_unit": "kelvin"}, "temperature_unit"),
    ({"humidity": None}, "humidity"),
    ({"humidity": 130.0}, "humidity"),
    ({"humidity": -0.1}, "humidity"),
    ({"humidity": float("nan")}, "humidity"),
    ({"pcv_temperature": float("nan")}, "pcv_temperature"),
    ({"pcv_temperature": 101.0}, "pcv_temperature"),
    ({"source": "a b"}, "source"),
]


@pytest.mark.parametrize(("change", "field"), CASES)
def test_a_row_that_cannot_be_true_is_refused_and_its_field_named(change, field):
    found = refusals(sent({}, change, {}), CLOCKS)
    assert list(found) == [1]
    assert found[1].field == field
    assert found[1].reason


def test_every_rule_is_broken_by_some_case():
    frozen = Clocks(NOW, NOW - timedelta(days=1))
    rows = [(sent(change), CLOCKS) for change, _ in CASES] + [(sent({"capture_time": NOW - timedelta(days=2)}), frozen)]
    for rule in RULES:
        assert any(rule.broken(row, clocks).any() for row, clocks in rows), rule


@pytest.mark.parametrize("ahead", [-1, 0, 60])
def test_a_plausible_row_is_let_pass(ahead):
    assert refusals(sent({"capture_time": NOW + timedelta(seconds=ahead)}), CLOCKS) == {}


@pytest.mark.parametrize("field", ["temperature", "humidity", "pcv_temperature"])
def test_a_nought_that_was_sent_is_a_value(field):
    assert refusals(sent({field: 0.0}), CLOCKS) == {}


def test_a_row_from_a_time_that_retention_dropped_is_refused_as_frozen():
    found = refusals(sent({"capture_time": NOW - timedelta(days=2)}), Clocks(NOW, NOW - timedelta(days=1)))
    assert "FROZEN" in found[0].reason


def test_of_several_broken_rules_the_first_is_told():
    assert refusals(sent({"sensor_id": "a b", "humidity": 130.0}), CLOCKS)[0].field == "sensor_id"


@given(st.lists(st.sampled_from([{}, *(change for change, _ in CASES)]), min_size=1, max_size=30))
def test_what_becomes_of_a_row_does_not_depend_on_its_batch(changes):
    together = refusals(sent(*changes), CLOCKS)
    alone = [refusals(sent(change), CLOCKS).get(0) for change in changes]
    assert [together.get(index) for index in range(len(changes))] == alone


def test_a_wind_chill_far_below_the_air_is_let_pass():
    assert refusals(sent({"temperature": -30.0, "pcv_temperature": -45.6}), CLOCKS) == {}


@pytest.mark.parametrize("nanoseconds", [-1, 1_000_000_000, 2**31 - 1])
def test_a_time_that_only_bytes_can_say_is_refused(nanoseconds):
    rows = sent({"capture_time": Timestamp(seconds=int(NOW.timestamp()), nanos=nanoseconds)})
    assert refusals(rows, CLOCKS)[0].field == "capture_time"
