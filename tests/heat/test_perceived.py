"""The formula against the official table, and its rounding."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.heat.perceived import formula_holds, perceived_temperature, publish, wet_bulb
from tests.support.oracle import ORACLE


def test_the_published_values_are_the_official_tables():
    temperature, humidity, expected = np.array(ORACLE, dtype=float).T
    assert publish(perceived_temperature(temperature, humidity)).tolist() == expected.tolist()


def test_the_raw_value_at_33_degrees_and_55_percent_is_below_the_limit_that_it_is_published_at():
    raw = perceived_temperature(np.array([33.0]), np.array([55.0]))
    assert raw == pytest.approx(32.978, abs=0.0005)
    assert publish(raw) == [33.0]


def test_stulls_wet_bulb_agrees_with_his_paper():
    assert wet_bulb(np.array([20.0]), np.array([50.0])) == pytest.approx(13.7, abs=0.05)


@pytest.mark.parametrize(
    ("value", "expected"), [(32.95, 33.0), (32.949, 32.9), (30.25, 30.3), (-0.25, -0.3), (0.05, 0.1)]
)
def test_halves_are_rounded_away_from_zero(value, expected):
    assert publish(np.array([value])) == [expected]


@given(st.one_of(st.floats(-60, 130), st.integers(-60_00, 130_00).map(lambda n: n / 100)))
def test_rounding_is_that_of_the_shortest_decimal(value):
    exact = float(Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))
    assert publish(np.array([value])) == [exact]


def test_what_is_no_number_stays_so():
    assert np.isnan(publish(np.array([np.nan]))).all()


@pytest.mark.parametrize(("temperature", "humidity"), [(51, 50), (-21, 50), (20, 4.9), (20, 99.1)])
def test_the_formula_is_not_trusted_outside_its_range(temperature, humidity):
    assert not formula_holds(np.array([temperature]), np.array([humidity])).any()
