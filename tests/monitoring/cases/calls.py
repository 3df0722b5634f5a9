"""How calls are answered."""

from tests.monitoring.changes import REALTIME, Case, at_last, change, counting, counts, dead, firing, from_
from tests.monitoring.healthy import NONE

HANDLED = "grpc_server_handled_total"
BUCKET = "grpc_server_handling_seconds_bucket"
THRESHOLDS = {"service": "thresholds"}
AGGREGATION = {"service": "aggregation"}
HISTORY = {"service": "alert_history"}
FAILING = firing("MontrgErrorRateHigh", "warning", **THRESHOLDS)
SLOW = firing("MontrgLatencyHigh", "warning", **AGGREGATION)
TURNED_AWAY = firing("MontrgOverloaded", "warning", **HISTORY)


def failing(each_step):
    """So many calls of a second's thirty fail all the time."""
    return change(HANDLED, counting(each_step), grpc_code="INTERNAL", **THRESHOLDS)


def turned_away(each_step):
    """So many calls are turned away all the time, beside thirty that are not."""
    return change(HANDLED, counting(each_step), grpc_code="RESOURCE_EXHAUSTED", **HISTORY)


def slow(each_step):
    """So many calls are answered, and all of them slowly."""
    answered = change(HANDLED, counting(each_step), grpc_code="OK", **AGGREGATION)
    return [answered, change(BUCKET, NONE, le="0.1", **AGGREGATION)]


# Nobody calls it but for what fails.
UNUSED = change(HANDLED, NONE, grpc_code="OK", **THRESHOLDS)
# By the share of calls that take no tenth of a second, the slowest of a hundred takes so long.
IN_2_2_S, IN_1_8_S = counting(29.475), counting(29.541)

# Calls of a service fail and are slow all the time; whom it needs was away until nine minutes ago, or until thirteen.
SUFFERING = [failing(9), change(BUCKET, NONE, le="0.1", **THRESHOLDS)]
SUFFERS = [FAILING, firing("MontrgLatencyHigh", "warning", **THRESHOLDS)]
LATELY, ONCE = "1x10 0x11 1x17", "1x5 0x8 1x25"

CASES = {
    "calls of a service fail": Case(
        [change(HANDLED, counts(9), grpc_code="INTERNAL", **THRESHOLDS)], from_(8.5, FAILING)
    ),
    "the only call of a service failed": Case(
        [UNUSED, change(HANDLED, "0x37 1x3", grpc_code="INTERNAL", instance="10.0.0.1:8001")]
    ),
    "calls fail by themselves, nine minutes after PostgreSQL was away": Case(
        [change("montrg_database_up", LATELY, **THRESHOLDS), *SUFFERING], from_(19.5, FAILING)
    ),
    "calls fail by themselves, thirteen minutes after PostgreSQL was away": Case(
        [change("montrg_database_up", ONCE, **THRESHOLDS), *SUFFERING], at_last(*SUFFERS)
    ),
    "calls fail by themselves, nine minutes after another service was gone": Case(
        [change("up", LATELY, job="montrg", service="location"), *SUFFERING], from_(19.5, FAILING)
    ),
    "calls fail by themselves, thirteen minutes after another service was gone": Case(
        [change("up", ONCE, job="montrg", service="location"), *SUFFERING], at_last(*SUFFERS)
    ),
    "a service fails and is slow by itself, while another one is gone that it does not call": Case(
        [*dead("aggregation"), *SUFFERING],
        at_last(*SUFFERS, firing("MontrgProcessDown", "warning", **AGGREGATION)),
    ),
    "a service fails and is slow, while another one is gone that it calls": Case(
        [*dead("location"), change(HANDLED, counts(9), grpc_code="INTERNAL", **THRESHOLDS),
         change(BUCKET, NONE, le="0.1", **THRESHOLDS)],
        from_(7.5, firing("MontrgProcessDown", "warning", service="location")),
    ),
    "Envoy waits in vain for many calls of a service, which are cancelled there": Case(
        [change("envoy_cluster_upstream_rq_timeout", counts(9), envoy_cluster_name="thresholds")], at_last(FAILING)
    ),
    "Envoy waits in vain for what only asks whether a service is ready": Case(
        [change("envoy_cluster_upstream_rq_timeout", counts(9), envoy_cluster_name="thresholds_ready")]
    ),
    "callers are told of their own mistakes": Case(
        [change(HANDLED, counts(90), grpc_code="INVALID_ARGUMENT", **THRESHOLDS)]
    ),
    "calls of a service take long": Case([change(BUCKET, NONE, le="0.1", **AGGREGATION)], from_(6, SLOW)),
    "calls of many callers are turned away": Case(
        [change(HANDLED, counts(9), grpc_code="RESOURCE_EXHAUSTED", **REALTIME)],
        from_(11.5, firing("MontrgOverloaded", "warning", **REALTIME)),
    ),
    "of everything it is somewhat more than what is told": Case(
        [failing(2), change(BUCKET, IN_2_2_S, le="0.1", **AGGREGATION), turned_away(2)],
        at_last(FAILING, SLOW, TURNED_AWAY),
    ),
    "of everything it is somewhat less than what is told": Case(
        [failing(1.5), change(BUCKET, IN_1_8_S, le="0.1", **AGGREGATION), turned_away(1.5)]
    ),
    "of few calls somewhat more than one in a minute fails, and of others seven in a minute take long": Case(
        [UNUSED, failing(0.7), *slow(3.5)], at_last(FAILING, SLOW)
    ),
    "of few calls one in a minute fails, and of others five in a minute take long": Case(
        [UNUSED, failing(0.5), *slow(2.5)]
    ),
}  # fmt: skip
