"""What `montrg status` shows, out of two looks at the figures of all processes. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite

from services.catalog import SERVICES
from services.doctor.checks import flow
from services.doctor.checks.mesh import READY
from services.doctor.domain import Unasked, size, some, span
from services.doctor.facts import Database, Envoy
from services.doctor.figures import Figures, Mesh, Sample
from services.heat.levels import LEVELS

HANDLED, BUCKETS = "grpc_server_handled_total", "grpc_server_handling_seconds_bucket"
# Those who look are no traffic.
_OWN = "montrg.operations.v1.MetricsService"
# What is the caller's mistake is no error of ours.
_ERRORS = {"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS", "UNIMPLEMENTED"}
_P99 = 0.99


@dataclass(frozen=True, slots=True)
class Row:
    """One service.

    Attributes:
        name: the catalog's.
        state: in one or two words.
        processes: how many answer.
        of: how many there should be.
        requests: calls a second.
        errors: of these those that failed for a reason of ours.
        p99_s: the time in which 99 % of the unary calls were answered; None without any.
    """

    name: str
    state: str
    processes: int
    of: int
    requests: float
    errors: float
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class Glance:
    """One screen: the services, and lines of a title and words."""

    rows: Sequence[Row]
    lines: Sequence[tuple[str, str]]


def glance(before: Mesh, after: Mesh, seconds: float, database: Database | Unasked, envoy: Envoy | Unasked) -> Glance:
    """Returns what is to be shown; rates are those of the seconds between the two looks."""
    rows = [_row(service.name, before, after, seconds) for service in SERVICES]
    return Glance(
        [row for row in rows if row.of],
        _each_cause_once(
            ("envoy", _envoy(envoy)),
            ("database", _database(database)),
            ("readings", _readings(before, after, seconds)),
            ("sensors", _by(after, flow.SENSORS, "realtime", "quality")),
            ("places", _by(after, "montrg_places", "realtime", "level")),
            ("hottest", _hottest(after)),
            ("alerts", _alerts(after)),
            ("told", _told(after)),
        ),
    )


def _each_cause_once(*lines: tuple[str, str | Unasked]) -> Sequence[tuple[str, str]]:
    """Returns the lines in words; what is not known for a cause that a line above tells says no more than that."""
    found, causes = [], set()
    for title, words in lines:
        if not isinstance(words, Unasked):
            found.append((title, words))
            continue
        found.append((title, "unknown" if words.cause in causes else words.cause))
        causes.add(words.cause)
    return found


def _row(name: str, before: Mesh, after: Mesh, seconds: float) -> Row:
    of = sum(process.service == name for process in after.processes)
    answering = [figures for _, figures in after.answering(name)]
    calls = _increase(before, after, name, HANDLED, lambda labels: labels.get("grpc_service") != _OWN)
    errors = sum(value for sample, value in calls if sample.labels.get("grpc_code") in _ERRORS)
    return Row(
        name,
        _state(answering, of),
        len(answering),
        of,
        sum(value for _, value in calls) / seconds,
        errors / seconds,
        _p99(before, after, name),
    )


def _state(answering: Sequence[Figures], of: int) -> str:
    if not answering:
        return "down"
    if any(figures.value(READY) == 0 for figures in answering):
        return "not ready"
    return "ready" if len(answering) == of else "in part"


def _increase(
    before: Mesh, after: Mesh, service: str, name: str, wanted: Callable[[dict[str, str]], bool] = lambda _: True
) -> list[tuple[Sample, float]]:
    """Returns by how much the counters of a service's processes rose; those of a new process rose from nothing."""
    known = {process.name: figures for process, figures in before.answering(service)}
    found = []
    for process, figures in after.answering(service):
        old = known.get(process.name)
        then = {frozenset(s.labels.items()): s.value for s in old.samples(name)} if old else {}
        for sample in figures.samples(name):
            if wanted(dict(sample.labels)):
                rise = sample.value - then.get(frozenset(sample.labels.items()), 0 if old else sample.value)
                found.append((sample, rise if rise >= 0 else sample.value))
    return found


def _p99(before: Mesh, after: Mesh, service: str) -> float | None:
    """Returns the quantile as Prometheus' histogram_quantile does: within a bucket values lie evenly."""
    counts: Counter[float] = Counter()
    unary = _increase(
        before,
        after,
        service,
        BUCKETS,
        lambda labels: labels.get("grpc_service") != _OWN and labels.get("grpc_type", "unary").lower() == "unary",
    )
    for sample, value in unary:
        counts[float(sample.labels["le"])] += value  # type: ignore[assignment]  # a rise is a whole number
    bounds = sorted(counts)
    if not bounds or not counts[inf]:
        return None
    rank, lower, below = _P99 * counts[inf], 0.0, 0.0
    for bound in bounds:
        if counts[bound] >= rank:
            if not isfinite(bound):
                return lower
            return lower + (bound - lower) * (rank - below) / (counts[bound] - below)
        lower, below = bound, counts[bound]
    return lower


def _envoy(envoy: Envoy | Unasked) -> str | Unasked:
    if isinstance(envoy, Unasked):
        return envoy
    if not envoy.clusters:
        return "not asked: --status-url"
    healthy, total = (sum(counts) for counts in zip(*envoy.clusters.values(), strict=True))
    return f"{envoy.version} sends to {healthy} of {total} processes".strip()


def _database(database: Database | Unasked) -> str | Unasked:
    if isinstance(database, Unasked):
        return database
    words = (
        f"PostgreSQL {database.version}, {database.connections} of {database.settings['max_connections']} connections"
    )
    growth = f", +{size(database.bytes_per_day)} a day" if database.bytes_per_day else ""
    return f"{words}, {size(database.bytes)}{growth}"


def _readings(before: Mesh, after: Mesh, seconds: float) -> str | Unasked:
    stored = _increase(before, after, "realtime", "montrg_ingest_readings_total")
    rate = sum(value for sample, value in stored if sample.labels["outcome"] == "accepted") / seconds
    lags = after.shared(flow.LAG_SECONDS, "realtime")
    if isinstance(lags, Unasked):
        return lags
    counts = after.shared(flow.LAG_READINGS, "realtime")
    waiting = {} if isinstance(counts, Unasked) else {s.labels["consumer"]: s.value for s in counts}
    behind = [
        f"{s.labels['consumer']} {waiting.get(s.labels['consumer'], 0):,.0f} ({span(s.value)})"
        for s in sorted(lags, key=lambda each: each.labels["consumer"])
    ]
    return f"{rate:,.1f}/s; behind: {', '.join(behind)}"


def _by(mesh: Mesh, name: str, service: str, label: str) -> str | Unasked:
    found = mesh.shared(name, service)
    if isinstance(found, Unasked):
        return found
    counts: Counter[str] = Counter()
    for sample in found:
        counts[sample.labels[label]] += int(sample.value)
    return ", ".join(f"{count:,} {word}" for word, count in _in_order(counts)) or "none"


def _in_order(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Yields what there is, by falling level where it has levels."""
    rungs = {level: rung for rung, level in enumerate(LEVELS)}
    for word, count in sorted(counts.items(), key=lambda each: -rungs.get(each[0], -1)):
        if count:
            yield word, count


def _hottest(mesh: Mesh) -> str | Unasked:
    found = mesh.shared("montrg_perceived_temperature_celsius", "realtime")
    if isinstance(found, Unasked):
        return found
    hottest = sorted(found, key=lambda sample: -sample.value)
    return some([f"{sample.labels['factory']} {sample.value:.1f} °C" for sample in hottest])


def _alerts(mesh: Mesh) -> str | Unasked:
    # Only what there is has a number; that alert tells of its subscriptions shows that it looked.
    looked = mesh.shared("montrg_subscriptions", "alert")
    if isinstance(looked, Unasked):
        return looked
    found = mesh.shared("montrg_alerts_active", "alert")
    return "none" if isinstance(found, Unasked) else _by(mesh, "montrg_alerts_active", "alert", "level")


def _told(mesh: Mesh) -> str | Unasked:
    subscriptions = mesh.shared("montrg_subscriptions", "alert")
    if isinstance(subscriptions, Unasked):
        return subscriptions
    enabled = sum(sample.value for sample in subscriptions if sample.labels["state"] == "enabled")
    results: Counter[str] = Counter()
    for _, figures in mesh.answering("alert"):
        for sample in figures.samples("montrg_notifications_total"):
            results[sample.labels["result"]] += int(sample.value)
    depths, dead = mesh.shared(flow.DEPTH, "alert"), mesh.shared(flow.DEAD, "alert")
    waiting = (
        0.0 if isinstance(depths, Unasked) else sum(s.value for s in depths if s.labels["outbox"] == "notifications")
    )
    given_up = 0.0 if isinstance(dead, Unasked) else dead[0].value
    return (
        f"{enabled:,.0f} subscriptions; {waiting:,.0f} wait, {given_up:,.0f} given up; "
        f"{results['sent']:,} sent since the start"
    )
