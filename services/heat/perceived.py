"""Perceived temperature (체감온도): the summer index of the Korea Meteorological Administration, since 2022-06-02.

Source: KMA, with the wet-bulb temperature after Stull (2011), "Wet-Bulb Temperature from Relative Humidity and Air
Temperature", J. Appl. Meteor. Climatol. 50. Temperatures in °C, relative humidity in %.
"""

import math
from decimal import ROUND_HALF_UP, Decimal

# Where Stull's fit holds. Below about 3 % it is not even monotone.
LEAST_HUMIDITY, MOST_HUMIDITY = 5.0, 99.0
LEAST_TEMPERATURE, MOST_TEMPERATURE = -20.0, 50.0

_TENTH = Decimal("0.1")


def wet_bulb(temperature: float, humidity: float) -> float:
    """Returns the wet-bulb temperature in °C after Stull (2011)."""
    return (
        temperature * math.atan(0.151977 * math.sqrt(humidity + 8.313659))
        + math.atan(temperature + humidity)
        - math.atan(humidity - 1.67633)
        + 0.00391838 * math.pow(humidity, 1.5) * math.atan(0.023101 * humidity)
        - 4.686035
    )


def perceived_temperature(temperature: float, humidity: float) -> float:
    """Returns the perceived temperature in °C, not rounded."""
    tw = wet_bulb(temperature, humidity)
    return -0.2442 + 0.55399 * tw + 0.45535 * temperature - 0.0022 * tw**2 + 0.00278 * tw * temperature + 3.0


def publish(value: float) -> float:
    """Rounds half up to 0.1 °C, as the official table does, which Python's `round` does not.

    The value is taken as its shortest decimal, so that 32.95 is 33.0 although its binary form is a little below.
    """
    return float(Decimal(repr(value)).quantize(_TENTH, ROUND_HALF_UP))


def formula_holds(temperature: float, humidity: float) -> bool:
    """Tells whether Stull's fit was made for these values."""
    in_humidity = LEAST_HUMIDITY <= humidity <= MOST_HUMIDITY
    return in_humidity and LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE
