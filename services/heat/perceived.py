"""Perceived temperature (체감온도): the summer index of the Korea Meteorological Administration, since 2022-06-02.

Source: KMA, with the wet-bulb temperature after Stull (2011), "Wet-Bulb Temperature from Relative Humidity and Air
Temperature", J. Appl. Meteor. Climatol. 50. Temperatures in °C, relative humidity in %, as arrays of one shape.
"""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Where Stull's fit holds. Below about 3 % it is not even monotone.
LEAST_HUMIDITY, MOST_HUMIDITY = 5.0, 99.0
LEAST_TEMPERATURE, MOST_TEMPERATURE = -20.0, 50.0

_TENTH = Decimal("0.1")
_DOUBT = 1e-6  # so near to a half, in tenths, binary arithmetic may fall on the wrong side of it


def wet_bulb(temperature: Floats, humidity: Floats) -> Floats:
    """Returns the wet-bulb temperature in °C after Stull (2011)."""
    tw: Floats = (
        temperature * np.arctan(0.151977 * np.sqrt(humidity + 8.313659))
        + np.arctan(temperature + humidity)
        - np.arctan(humidity - 1.67633)
        + 0.00391838 * humidity**1.5 * np.arctan(0.023101 * humidity)
        - 4.686035
    )
    return tw


def perceived_temperature(temperature: Floats, humidity: Floats) -> Floats:
    """Returns the perceived temperature in °C, not rounded."""
    tw = wet_bulb(temperature, humidity)
    return -0.2442 + 0.55399 * tw + 0.45535 * temperature - 0.0022 * tw**2 + 0.00278 * tw * temperature + 3.0


def publish(values: Floats) -> Floats:
    """Rounds half away from zero to 0.1 °C, as the official table does; NaN stays.

    A value is taken as its shortest decimal, so that 32.95 is 33.0 although its binary form is a little below.
    """
    tenths = values * 10
    whole = np.floor(tenths + 0.5)
    for index in np.flatnonzero(np.abs(tenths + 0.5 - np.round(tenths + 0.5)) < _DOUBT):
        whole[index] = float(Decimal(repr(float(values[index]))).quantize(_TENTH, ROUND_HALF_UP) * 10)
    published: Floats = whole / 10
    return published


def formula_holds(temperature: Floats, humidity: Floats) -> NDArray[np.bool_]:
    """Tells whether Stull's fit was made for these values."""
    in_humidity = (humidity >= LEAST_HUMIDITY) & (humidity <= MOST_HUMIDITY)
    return in_humidity & (temperature >= LEAST_TEMPERATURE) & (temperature <= MOST_TEMPERATURE)
