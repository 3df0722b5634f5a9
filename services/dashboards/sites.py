"""The factories: how hot it is, which places are in danger, and whether their sensors can be trusted."""

from services.dashboards.boards import Board, Row
from services.dashboards.panels import ORANGE, RED, YELLOW, Look, Query, bars, graph, stat

CHOSEN = 'factory=~"$factory"'
# The legal limits, of the default rules.
HEAT = Look(unit="celsius", steps=[(31, YELLOW), (33, ORANGE), (35, RED), (38, "dark-red")], least=None, decimals=1)
PLACES = f"max by (factory, level) (montrg_places{{{CHOSEN}}})"
SENSORS = f"montrg:sensors:max{{{CHOSEN}}}"
ALERTS = f"max by (factory, type, level) (montrg_alerts_active{{{CHOSEN}}})"


def sensors(quality: str) -> str:
    """Returns the expression of how many sensors are of a quality, as a label's matcher says it."""
    return f"sum(montrg:sensors:max{{{CHOSEN}, quality{quality}}})"


NOW = Row(
    "Now",
    [
        stat(
            "Hottest",
            "The highest perceived temperature.",
            f"max(montrg_perceived_temperature_celsius{{{CHOSEN}}})",
            HEAT,
            width=4,
        ),
        stat(
            "Places in danger",
            "At orange or worse.",
            f'sum(max by (factory, level) (montrg_places{{{CHOSEN}, level=~"orange|red|critical"}}))',
            Look(steps=[(1, RED)]),
            width=4,
        ),
        stat(
            "Places unknown",
            "Without limits, or without a sensor that is heard.",
            f'sum(max by (factory, level) (montrg_places{{{CHOSEN}, level="unknown"}}))',
            Look(steps=[(1, YELLOW)]),
            width=4,
        ),
        stat("Sensors heard", "Good ones and doubtful ones.", sensors('!~"stale|never"'), Look(), width=4),
        stat(
            "Sensors silent", "For three of their intervals.", sensors('="stale"'), Look(steps=[(1, ORANGE)]), width=4
        ),
        stat(
            "Sensors in doubt",
            "Implausible, pinned or flat.",
            sensors('=~"implausible|pinned|flat"'),
            Look(steps=[(1, YELLOW)]),
            width=4,
        ),
        bars(
            "Perceived temperature",
            "The highest of each factory.",
            [Query(f"max by (factory) (montrg_perceived_temperature_celsius{{{CHOSEN}}})", "{{factory}}")],
            HEAT,
        ),
        bars(
            "Active alerts",
            "Of each factory.",
            [Query(f"sum by (factory) ({ALERTS})", "{{factory}}")],
            Look(steps=[(1, ORANGE), (10, RED)]),
        ),
    ],
)

COURSE = Row(
    "Over time",
    [
        graph(
            "Perceived temperature",
            "The highest of each factory.",
            [Query(f"max by (factory) (montrg_perceived_temperature_celsius{{{CHOSEN}}})", "{{factory}}")],
            HEAT,
            width=12,
        ),
        graph(
            "Places by level",
            "The worst of a place's sensors counts.",
            [Query(f"sum by (level) ({PLACES})", "{{level}}")],
            Look(),
            width=12,
            stacked=True,
        ),
        graph(
            "Sensors by quality",
            "Active ones.",
            [Query(f"sum by (quality) ({SENSORS})", "{{quality}}")],
            Look(),
            width=12,
            stacked=True,
        ),
        graph(
            "Silent sensors",
            "Share of those that have ever sent.",
            [
                Query(
                    f'sum by (factory) (montrg:sensors:max{{{CHOSEN}, quality="stale"}}) '
                    f'/ (sum by (factory) (montrg:sensors:max{{{CHOSEN}, quality!="never"}}) > 0)',
                    "{{factory}}",
                )
            ],
            Look(unit="percentunit", most=1, steps=[(0.25, RED)]),
            width=12,
        ),
        graph(
            "Active alerts by level",
            "Of all kinds.",
            [Query(f"sum by (level) ({ALERTS})", "{{level}}")],
            Look(),
            width=12,
            stacked=True,
        ),
        graph(
            "Active alerts by kind",
            "Of all levels.",
            [Query(f"sum by (type) ({ALERTS})", "{{type}}")],
            Look(),
            width=12,
            stacked=True,
        ),
    ],
)

BOARD = Board(
    "montrg-sites",
    "Sites",
    "How hot it is in the factories, and whether their sensors can be trusted.",
    [NOW, COURSE],
    {"factory": "montrg_sensors"},
)
