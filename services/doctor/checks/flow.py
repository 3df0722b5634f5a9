"""What is checked of how readings flow: the log's consumers, the evaluation, outboxes, sensors. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from services.doctor.domain import Finding, Unasked, failure, ok, some, span, unknown, warning
from services.doctor.facts import Judging, Silent
from services.doctor.figures import Mesh

LAG_READINGS, LAG_SECONDS = "montrg_reading_log_lag_readings", "montrg_reading_log_lag_seconds"
LOG_END = "montrg_reading_log_end"
LAG_WARNS_S, LAG_FAILS_S = 30.0, 300.0
DEPTH, AGE = "montrg_outbox_depth", "montrg_outbox_oldest_age_seconds"
AGE_WARNS_S, AGE_FAILS_S = 60.0, 900.0
DEAD = "montrg_notifications_dead"
SENSORS = "montrg_sensors"
# What a sensor is worth that nothing is heard of.
STALE, NEVER = "stale", "never"
READINGS_MOST = 10_000  # "or more", as the outboxes count


def reading_log(mesh: Mesh) -> Iterator[Finding]:
    """Finds consumers that are behind."""
    seconds = mesh.shared(LAG_SECONDS, "realtime")
    if isinstance(seconds, Unasked):
        yield unknown("reading log", seconds)
        return
    readings = mesh.shared(LAG_READINGS, "realtime")
    known = {} if isinstance(readings, Unasked) else {s.labels["consumer"]: s.value for s in readings}
    words, is_well = [], True
    for sample in sorted(seconds, key=lambda each: -each.value):
        name = sample.labels["consumer"]
        each = f"{name} is behind by {known.get(name, 0):,.0f} readings and {span(sample.value)}"
        words.append(each)
        if sample.value > LAG_WARNS_S:
            is_well = False
            remedy = (
                f"look into the log of {name}: does it run, and is the database slow? MONTRG_WORKERS={name}=2 helps"
            )
            yield (failure if sample.value > LAG_FAILS_S else warning)("reading log", each, remedy)
    if is_well:
        yield ok("reading log", "; ".join(words))


def evaluator(judging: Judging | Unasked, mesh: Mesh, now: datetime) -> Iterator[Finding]:
    """Finds readings that nobody judges; without the database nobody can."""
    if mesh.lack is not None:
        yield unknown("evaluator", mesh.lack)
        return
    if isinstance(judging, Unasked):
        yield unknown("evaluator", judging)
        return
    beat = (
        ""
        if judging.last_time is None
        else f"; its last beat was {span((now - judging.last_time).total_seconds())} ago"
    )
    if judging.is_healthy:
        yield ok("evaluator", f"{judging.replicas} at work{beat}")
        return
    words = "; ".join(judging.problems) or "it is not well"
    if start := mesh.start("alert", now):
        yield unknown("evaluator", Unasked(f"{start}; {words}"))
        return
    yield failure(
        "evaluator", words + beat, "look into the log of alert; `montrg health alert`, and restart what hangs"
    )


def outboxes(mesh: Mesh, senders: Sequence[str]) -> Iterator[Finding]:
    """Finds what waits for too long to be sent, in the services that send."""
    words, causes, is_well = [], [], True
    for service in senders:
        depths, ages = mesh.shared(DEPTH, service), mesh.shared(AGE, service)
        if isinstance(depths, Unasked):
            causes.append(depths.cause)
            continue
        age = {} if isinstance(ages, Unasked) else {sample.labels["outbox"]: sample.value for sample in ages}
        for sample in sorted(depths, key=lambda each: each.labels["outbox"]):
            name, count = sample.labels["outbox"], sample.value
            more = " or more" if count >= READINGS_MOST else ""
            each = f"{name} of {service}: {count:,.0f}{more}, the oldest {span(age.get(name, 0))} old"
            words.append(f"{service}/{name} {count:,.0f}")
            if age.get(name, 0) > AGE_WARNS_S:
                is_well = False
                yield (failure if age[name] > AGE_FAILS_S else warning)("outboxes", each, _sender_remedy(name, service))
    if causes:
        yield unknown("outboxes", Unasked("; ".join(dict.fromkeys(causes))))
    elif is_well:
        yield ok("outboxes", ", ".join(words))


def _sender_remedy(outbox: str, service: str) -> str:
    if outbox == "notifications":
        return f"look into the log of {service}; GET /api/v1/notifications/ says of each why it was not sent"
    return f"look whether alert_history answers (`montrg health alert_history`), and into the log of {service}"


def dead_letters(mesh: Mesh) -> Iterator[Finding]:
    """Finds messages that were given up: somebody was not told."""
    dead = mesh.shared(DEAD, "alert")
    if isinstance(dead, Unasked):
        yield unknown("dead letters", dead)
    elif dead[0].value:
        yield warning(
            "dead letters",
            f"{dead[0].value:,.0f} messages were given up: somebody was not told",
            "GET /api/v1/notifications/?state=DEAD says why; mend the receiver, then POST .../notifications/ID:retry, "
            "or disable the subscription",
        )
    else:
        yield ok("dead letters", "none")


def sensors(mesh: Mesh, silent: Sequence[Silent] | Unasked, now: datetime) -> Iterator[Finding]:
    """Finds sensors that nothing is heard of; which is told of those that were heard once."""
    found = mesh.shared(SENSORS, "realtime")
    if isinstance(found, Unasked):
        # Without a factory there is nothing to tell of; the log's end is told by who knows what there is.
        looked = mesh.shared(LOG_END, "realtime")
        yield unknown("sensors", found) if isinstance(looked, Unasked) else ok("sensors", "there are none")
        return
    counts: Counter[str] = Counter()
    for sample in found:
        counts[sample.labels["quality"]] += int(sample.value)
    words = ", ".join(f"{count:,} {quality}" for quality, count in counts.items() if count) or "there are none"
    if not counts[STALE] and not counts[NEVER]:
        yield ok("sensors", words)
        return
    if start := mesh.start("realtime", now):
        yield unknown("sensors", Unasked(f"{start}; {words}"))
        return
    if not isinstance(silent, Unasked) and silent:
        names = [f"{each.sensor_id} for {span((now - each.since).total_seconds())}" for each in silent]
        words += f"; silent for longest: {some(names)}"
    elif isinstance(silent, Unasked):
        words += f"; which of them is not known: {silent.cause}"
    remedy = "see to their power and network, or set is_active to false (PUT /api/v1/sensors/ID) where they are gone"
    everything = counts[STALE] + counts[NEVER] == sum(counts.values())
    yield (failure if everything else warning)("sensors", words, remedy)
