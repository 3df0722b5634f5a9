"""The figures that processes tell Prometheus, as things that can be asked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from prometheus_client.parser import text_string_to_metric_families

from services.doctor.domain import Unasked, span

Labels = frozenset[tuple[str, str]]

DATABASE_UP = "montrg_database_up"
STARTED = "process_start_time_seconds"
# In which a service that has just begun finds its neighbours, and hears of what it missed.
START_S = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of one process."""

    labels: Mapping[str, str]
    value: float


class Figures:
    """What one process has told."""

    def __init__(self, text: str) -> None:
        """Takes the text format of Prometheus; what is none raises ValueError."""
        self._by_name: dict[str, list[Sample]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._by_name.setdefault(sample.name, []).append(Sample(sample.labels, sample.value))

    def samples(self, name: str) -> Sequence[Sample]:
        """Returns the numbers of a name; none where the process tells none."""
        return self._by_name.get(name, ())

    def value(self, name: str) -> float | None:
        """Returns the number of a name without labels."""
        found = self.samples(name)
        return found[0].value if found else None


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a service.

    Attributes:
        name: as the metrics' label `process` has it, such as `realtime-2`.
        service: the catalog's name.
        figures: what it tells, or why it could not be asked.
    """

    name: str
    service: str
    figures: Figures | Unasked


@dataclass(frozen=True, slots=True)
class Mesh:
    """All processes.

    Attributes:
        processes: those that there should be.
        lack: why they are without their database; None where they have it.
    """

    processes: Sequence[Process]
    lack: Unasked | None = None

    def beside(self, database: object) -> "Mesh":
        """Returns the same beside what the database said.

        One that refuses us may be another than theirs, so their own word counts; one that hangs keeps them from
        saying anything.
        """
        if not isinstance(database, Unasked):
            return self
        is_lacked = database.is_hanging or any(figures.value(DATABASE_UP) == 0 for _, figures in self.answering())
        return replace(self, lack=database) if is_lacked else self

    def waits(self, process: Process) -> bool:
        """Tells whether a process says nothing as the database says nothing to it."""
        is_silent = isinstance(process.figures, Unasked) and process.figures.is_hanging
        return is_silent and self.lack is not None and self.lack.is_hanging

    def answering(self, service: str | None = None) -> Iterator[tuple[Process, Figures]]:
        """Yields the processes that told their figures: all, or those of a service."""
        for process in self.processes:
            if service in (None, process.service) and isinstance(process.figures, Figures):
                yield process, process.figures

    def start(self, service: str, now: datetime) -> str:
        """Returns words that a service, of which each process began a moment ago, cannot be judged yet; else none."""
        ages = [now.timestamp() - start for _, each in self.answering(service) if (start := each.value(STARTED))]
        # Theirs may be another clock; how far it is ahead has a check of its own.
        if ages and abs(max(ages)) < START_S:
            return f"not yet: {service} began {span(abs(max(ages)))} ago"
        return ""

    def shared(self, name: str, service: str | None = None) -> Sequence[Sample] | Unasked:
        """Returns gauges of what the processes of a service share, of which each tells the same number: the highest.

        Where nobody told any, it says why.
        """
        highest: dict[Labels, float] = {}
        for _, figures in self.answering(service):
            for sample in figures.samples(name):
                key = frozenset(sample.labels.items())
                highest[key] = max(sample.value, highest.get(key, sample.value))
        if highest:
            return [Sample(dict(key), value) for key, value in highest.items()]
        who = service or "the mesh"
        asked = [process for process in self.processes if service in (None, process.service)]
        if asked and not any(True for _ in self.answering(service)):
            away = [p.figures for p in asked if isinstance(p.figures, Unasked) and not self.waits(p)]
            if away:
                return away[0]
        return self.lack or Unasked(f"{who} does not tell {name}, as without its database or with MONTRG_METRICS=off")
