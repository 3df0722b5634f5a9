"""The words of the messages in English."""

from services.alert.notify.texts.phrases import Phrases

PHRASES = Phrases(
    levels={"yellow": "Attention", "orange": "Caution", "red": "Warning", "critical": "Danger"},
    causes={
        "raised": "[{level}] {place}: {what}",
        "level_up": "[{level}] {place}: {what}, up from {before}",
        "level_down": "[{level}] {place}: {what}, down from {before}",
        "cleared": "[Cleared] {place}: {what}",
        "repeated": "[{level}] {place}: {what} lasts",
        "escalated": "[{level}] {place}: {what}, not acknowledged",
    },
    types={
        "threshold": "{metric} beyond the limit",
        "no_data": "sensor is silent",
        "suspect": "sensor is suspect",
        "manual": "alert by hand",
    },
    metrics={"temperature": "temperature", "humidity": "humidity", "pcv_temperature": "perceived temperature"},
    labels={
        "place": "Place",
        "sensor": "Sensor",
        "level": "Level",
        "value": "Value",
        "since": "Since",
        "cleared": "Cleared at",
        "message": "Message",
        "acknowledged": "Acknowledged by",
        "law": "To be done",
        "link": "More",
    },
    advice=(
        (
            38.0,
            "From 38 °C perceived: emergency work only, no other work outdoors (guidance of the ministry). Call 119"
            " without delay where heat illness is suspected.",
        ),
        (
            35.0,
            "From 35 °C perceived: 15 min rest each hour, no work outdoors from 14 to 17 h (guidance of the ministry)."
            " At least 20 min rest within every 2 h is the law.",
        ),
        (
            33.0,
            "From 33 °C perceived: at least 20 min rest within every 2 h (Rules on Occupational Safety and Health,"
            " article 560(3)).",
        ),
        (
            31.0,
            "From 31 °C perceived it is heat-wave work: cooling or ventilation, a changed schedule, or rest (Rules on"
            " Occupational Safety and Health, article 560(2)).",
        ),
    ),
    floor="floor {floor}",
    basement="basement {floor}",
    digest="[{level}] {count} alerts",
    over="Cleared",
    count="{level}: {count}",
    more="and {count} more",
    item="{time} {subject}",
    stopped="[{level}] Readings have not been judged since {since}: no new alert will come",
    stopped_advice="Look at the temperatures on the spot, and have the administrator look after the alert service.",
    resumed="[Restored] Readings are judged again (they were not from {since} to {until})",
    resumed_note="What was measured meanwhile is judged now; a danger that lasts comes as an alert.",
    test="[Test] {name}",
    test_advice="This is a test. Where it arrives, alerts will.",
)
