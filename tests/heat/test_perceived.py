"""The formula against the official table, and its rounding."""

import pytest

from services.heat.perceived import formula_holds, perceived_temperature, publish, wet_bulb
from tests.support.oracle import ORACLE


@pytest.mark.parametrize(("temperature", "humidity", "expected"), ORACLE)
def test_the_published_value_is_the_official_tables(temperature, humidity, expected):
    assert publish(perceived_temperature(temperature, humidity)) == expected


def test_the_raw_value_at_33_degrees_and_55_percent_is_below_the_limit_that_it_is_published_at():
    raw = perceived_temperature(33.0, 55.0)
    assert raw == pytest.approx(32.978, abs=0.0005)
    assert publish(raw) == 33.0


def test_stulls_wet_bulb_agrees_with_his_paper():
    assert wet_bulb(20.0, 50.0) == pytest.approx(13.7, abs=0.05)


@pytest.mark.parametrize(
    ("value", "expected"), [(32.95, 33.0), (32.949, 32.9), (30.25, 30.3), (-0.25, -0.3), (0.05, 0.1)]
)
def test_halves_are_rounded_away_from_zero(value, expected):
    assert publish(value) == expected


@pytest.mark.parametrize(("temperature", "humidity"), [(51, 50), (-21, 50), (20, 4.9), (20, 99.1)])
def test_the_formula_is_not_trusted_outside_its_range(temperature, humidity):
    assert not formula_holds(temperature, humidity)
