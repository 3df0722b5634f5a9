"""What may change in a healthy mesh's series, and when which alerts fire for it."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.monitoring.healthy import AFTER, BEFORE, STEP_S

# When a case is looked at that says nothing else: more than any rule waits for is over.
END_S = 20 * 60


@dataclass(frozen=True)
class Case:
    """Changes of a healthy mesh's series, and by the second of each look every alert that fires then."""

    changes: list[Any]
    looks: dict[int, list[dict[str, str]]] = field(default_factory=lambda: {END_S: []})


def at_last(*alerts):
    """At the end just these fire."""
    return {END_S: [*alerts]}


def from_(minutes, *alerts):
    """From then on just these fire, and none does a step before."""
    return {round(minutes * 60) - STEP_S: [], round(minutes * 60): [*alerts], END_S: [*alerts]}


def firing(alert, severity, **labels):
    """An alert that is expected."""
    return {"alertname": alert, "severity": severity, **labels}


def later(before, after):
    """Values of a series that are others from the sixth minute on."""
    return f"{before}x{BEFORE} {after}x{AFTER}"


def counts(each_step):
    """Values of a counter that begins to count in the sixth minute."""
    return f"0x{BEFORE} 0+{each_step}x{AFTER}"


def always(value):
    """Values of a series that stay the same."""
    return f"{value}x{BEFORE + AFTER}"


def counting(each_step):
    """Values of a counter that counts from the beginning."""
    return f"0+{each_step}x{BEFORE + AFTER}"


def change(name, values, **labels):
    """Has the series of that name and with these labels take other values, or with None not be there at all."""

    def of(series):
        meant = [each.name == name and labels.items() <= each.labels.items() for each in series]
        assert any(meant), f"{name} {labels} changes nothing"
        pairs = [
            (replace(each, values=values) if is_meant else each) for each, is_meant in zip(series, meant, strict=True)
        ]
        return [each for each in pairs if each.values is not None]

    return of


def end(*names, **labels):
    """Has the series of these names, or all but `up`, that have these labels end in the sixth minute."""

    def is_meant(each):
        return (each.name in names if names else each.name != "up") and labels.items() <= each.labels.items()

    def of(series):
        return [
            replace(each, values=each.values.removesuffix(f"x{BEFORE + AFTER}") + f"x{BEFORE} stale")
            if is_meant(each)
            else each
            for each in series
        ]

    return of


def dead(service):
    """Has every process of a service go, with all that it tells, while its Envoys stay."""
    return [change("up", later(1, 0), job="montrg", service=service), end(job="montrg", service=service)]


# What several files tell of.
REALTIME, ALERT = {"service": "realtime"}, {"service": "alert"}
AGES = "montrg_outbox_oldest_age_seconds"
HEARTBEAT = "montrg_evaluator_heartbeat_timestamp_seconds"
LAG = "montrg_reading_log_lag_seconds"
# Of a shard that was judged for five minutes.
STOPPED = f"0+{STEP_S}x{BEFORE} {STEP_S * BEFORE}x{AFTER}"


def judged_ago(age_s):
    """Values of the heartbeat of a shard that is always judged that late."""
    return f"-{age_s}+{STEP_S}x{BEFORE + AFTER}"
