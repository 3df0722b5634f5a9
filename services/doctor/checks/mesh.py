"""What is checked of processes and Envoys. Pure."""

from collections.abc import Iterator
from datetime import datetime

from services.doctor.domain import Finding, Unasked, failure, ok, some, span, unknown, warning
from services.doctor.facts import Database, Envoy
from services.doctor.figures import Figures, Mesh, Process

BUILD, READY, LAG = "montrg_build_info", "montrg_ready", "montrg_event_loop_lag_seconds"
EXPIRY = "montrg_certificate_expiry_timestamp_seconds"
CERTIFICATE_WARNS_S, CERTIFICATE_FAILS_S = 6 * 3_600.0, 600.0


def processes(mesh: Mesh, database: Database | Unasked, version: str) -> Iterator[Finding]:
    """Finds processes that do not answer, are not ready though the database is there, or are of another version."""
    if not mesh.processes:
        words = "nobody said where the processes are: --status-url names the status port of an Envoy"
        yield unknown("processes", Unasked(words))
        return
    waiting = [process for process in mesh.processes if mesh.waits(process)]
    away = [p for p in mesh.processes if isinstance(p.figures, Unasked) and p not in waiting]
    if mesh.lack is not None and waiting:
        yield unknown("processes", mesh.lack)
    if len(away) == len(mesh.processes):
        words = f"none of {len(away)} answers; {_cause(away[0])}"
        yield failure("processes", words, "start them: `make up`, or `montrg up`; in a cluster `kubectl get pods`")
        return
    for process in away:
        yield failure("processes", _cause(process), _remedy(process))
    if isinstance(database, Database):  # without it none is ready, and that has a finding of its own
        for process, figures in mesh.answering():
            if figures.value(READY) == 0:
                yield failure("processes", f"{process.name} lives, and is not ready", _remedy(process))
    others = [f"{p.name} {v}" for p, figures in mesh.answering() if (v := _version(figures)) not in {None, version}]
    if others:
        words = f"this program is {version}, and others are not: {some(others)}"
        yield warning("processes", words, "finish the update: restart what is older, or take the newer `montrg`")
    if not away and not others and not waiting:
        yield ok("processes", f"all {len(mesh.processes)} answer")


def _cause(process: Process) -> str:
    return process.figures.cause if isinstance(process.figures, Unasked) else ""


def _version(figures: Figures) -> str | None:
    return next((sample.labels.get("version") for sample in figures.samples(BUILD)), None)


def _remedy(process: Process) -> str:
    return (
        f"look into logs/{process.name}.log in the data folder (in a cluster `kubectl logs`); `montrg up` starts what "
        "ended again, but not what hangs: kill that"
    )


def envoys(envoy: Envoy | Unasked, mesh: Mesh) -> Iterator[Finding]:
    """Finds an Envoy that does not answer, or that sends nothing to processes that do."""
    if isinstance(envoy, Unasked):
        yield failure(
            "envoy", envoy.cause, "start it: `montrg up`; logs/envoy.log in the data folder says why it ended"
        )
        return
    if not envoy.clusters:
        yield unknown("envoy", Unasked("nobody said where its status port is: --status-url"))
        return
    answering = {process.service for process, _ in mesh.answering()}
    silent = {process.service for process in mesh.processes} - answering
    words = []
    for name, (healthy, total) in sorted(envoy.clusters.items()):
        # Who does not answer has a finding of its own.
        away = sum(p.service == name and isinstance(p.figures, Unasked) for p in mesh.processes)
        if healthy < total - away and name not in silent:
            words.append(f"{name} {healthy} of {total}")
    if words:
        remedy = "look for /health in logs/envoy.log and the service's log; in secure, for refused certificates"
        yield failure("envoy", f"it holds processes for unhealthy that answer: {some(words, 6)}", remedy)
    else:
        hosts = sum(healthy for healthy, _ in envoy.clusters.values())
        yield ok("envoy", f"it sends to {hosts} healthy processes of {len(envoy.clusters)} services")


def remote_certificates(mesh: Mesh, now: datetime) -> Iterator[Finding]:
    """Finds certificates that end soon, of processes elsewhere, which tell of theirs."""
    left: dict[str, float] = {}
    for process, figures in mesh.answering():
        for sample in figures.samples(EXPIRY):
            left[f"{process.name} ({sample.labels.get('certificate')})"] = sample.value - now.timestamp()
    if not left:
        yield unknown("certificates", Unasked(f"no process tells {EXPIRY}"))
        return
    first, seconds = min(left.items(), key=lambda each: each[1])
    words = f"{len(left)}; the first to end is that of {first}, in {span(seconds)}"
    remedy = "see that cert-manager renews them: `kubectl get certificates`, and that the folder is mounted"
    if seconds < CERTIFICATE_FAILS_S:
        yield failure("certificates", words, remedy)
    elif seconds < CERTIFICATE_WARNS_S:
        yield warning("certificates", words, remedy)
    else:
        yield ok("certificates", words)
