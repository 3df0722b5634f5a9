"""The way of readings: from sensors into the log, and from there to those who judge and sum up."""

from tests.monitoring.changes import (
    HEARTBEAT,
    LAG,
    Case,
    always,
    at_last,
    change,
    counting,
    counts,
    firing,
    from_,
    judged_ago,
    later,
)
from tests.monitoring.healthy import NONE, STEP_S

SILENT = firing("MontrgSensorsSilent", "warning", factory="Ulsan")
REFUSED = firing("MontrgReadingsRejected", "warning")
BEHIND = firing("MontrgReadingLogLagging", "critical", consumer="alert")


def silent(sensors):
    """So many sensors of Ulsan are silent, beside 90 that are heard."""
    return change("montrg_sensors", later(0, sensors), quality="stale", factory="Ulsan")


def refused(each_step):
    """So many readings are refused all the time, beside 30 that are stored."""
    return change("montrg_ingest_readings_total", counting(each_step), outcome="rejected")


def behind(seconds):
    """Alert is always so far behind."""
    return change(LAG, always(seconds), consumer="alert")


CASES = {
    "no sensor is heard": Case(
        [change("montrg_sensors", later(1, 0), quality="good"),
         change("montrg_sensors", later(0, 50), quality="stale")],
        from_(7.5, firing("MontrgNoReadings", "critical")),
    ),
    "no sensor has ever sent": Case(
        [change("montrg_sensors", NONE, quality="good"), change("montrg_sensors", "9x40", quality="never")]
    ),
    "many sensors of a factory are silent": Case([silent(60)], from_(15.5, SILENT)),
    "readings are refused": Case(
        [change("montrg_ingest_readings_total", counts(6), outcome="rejected")], from_(12.5, REFUSED)
    ),
    "readings come twice": Case([change("montrg_ingest_readings_total", counts(30), outcome="duplicate")]),
    "alert falls behind": Case([change(LAG, counts(STEP_S), consumer="alert")], from_(9, BEHIND)),
    "aggregation falls behind": Case(
        [change(LAG, counts(STEP_S), consumer="aggregation")],
        at_last(firing("MontrgReadingLogLagging", "warning", consumer="aggregation")),
    ),
    "of everything it is somewhat more than what is told": Case(
        [silent(33), refused(1.7), behind(66)], at_last(SILENT, REFUSED, BEHIND)
    ),
    "of everything it is somewhat less than what is told": Case([silent(27), refused(1.5), behind(54)]),
    "alert is behind, and a shard is judged no more": Case(
        [behind(66), change(HEARTBEAT, judged_ago(40), shard="2")], at_last(firing("MontrgEvaluatorDead", "critical"))
    ),
    "alert is behind, though all are judged": Case(
        [behind(66), change(HEARTBEAT, judged_ago(20), shard="2")], at_last(BEHIND)
    ),
}  # fmt: skip
