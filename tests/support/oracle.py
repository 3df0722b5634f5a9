"""Values of the official table: air temperature in °C, relative humidity in %, perceived temperature in °C."""

ORACLE = [
    (25, 25, 22.2), (28, 95, 31.1), (30, 70, 31.3), (31, 55, 31.0), (32, 60, 32.4), (33, 25, 29.5), (33, 55, 33.0),
    (33, 60, 33.5), (33, 80, 35.2), (35, 30, 32.0), (35, 80, 37.2), (36, 40, 34.3), (38, 50, 37.4), (40, 100, 44.1),
]  # fmt: skip


def legal_level(perceived: float) -> str:
    """The level of KR-OSH-2025, written down a second time so that the tests do not ask the code what is right."""
    for limit, level in ((38, "critical"), (35, "red"), (33, "orange"), (31, "yellow")):
        if perceived >= limit:
            return level
    return "green"
