"""What the checks look at, as it was found. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """A port of the mesh, and who listens there.

    Attributes:
        number: the port.
        purpose: what it is for, as `montrg up` says it.
        program: a word that is in the command of the program that belongs there.
        pid: who listens; None where nobody does, 0 where that is another user's program.
        command: its command line; empty where that cannot be read.
    """

    number: int
    purpose: str
    program: str
    pid: int | None
    command: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate on this machine, and its life. The authority's name is `ca`."""

    name: str
    begin: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is not installed as the lock file wants it; `installed` is None where it is missing."""

    name: str
    installed: str | None
    locked: str


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine, as a mesh on it sees it.

    Attributes:
        listeners: every port of the mesh; none where the mesh is elsewhere.
        python: the version of Python.
        packages: those that differ from the lock file.
        certificates: none in dev.
        free: bytes that are free where the data are.
        total: bytes that there are.
        file_skew_s: seconds by which the clock of the data folder's file system is ahead.
    """

    listeners: Sequence[Listener]
    python: str
    packages: Sequence[Package]
    certificates: Sequence[Certificate]
    free: int
    total: int
    file_skew_s: float


@dataclass(frozen=True, slots=True)
class Database:
    """The PostgreSQL server.

    Attributes:
        version: such as `16.4`.
        timescale: TimescaleDB's version; None without.
        revisions: the version of each service's schema; None where there is none.
        settings: the server's own words, by the names of its settings; numbers in the server's units.
        is_standby: whether it only follows another server.
        skew_s: seconds by which its clock is ahead of this machine's.
        connections: how many are open.
        bytes: the size of the database.
        bytes_per_day: how fast it grows at the rate of the last minutes' readings; None where that cannot be told.
    """

    version: str
    timescale: str | None
    revisions: Mapping[str, str | None]
    settings: Mapping[str, str]
    is_standby: bool
    skew_s: float
    connections: int
    bytes: int
    bytes_per_day: float | None


@dataclass(frozen=True, slots=True)
class Envoy:
    """An Envoy: its version, where it tells it, and of each of its clusters how many hosts are healthy, and of all."""

    version: str
    clusters: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Silent:
    """A sensor that has sent nothing for three intervals, and when its last measurement was."""

    sensor_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits: how many there are of each metric, and what a check of theirs said."""

    counts: Mapping[str, int]
    gaps: Sequence[str]
    overlaps: Sequence[str]


@dataclass(frozen=True, slots=True)
class Judging:
    """How the evaluation is, in the alert service's own words, and when the shard judged longest ago was."""

    is_healthy: bool
    problems: Sequence[str]
    replicas: int
    last_time: datetime | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription, as far as it matters whom it fits. A matcher that is None fits everything."""

    subscription_id: int
    name: str
    min_level: str
    enabled: bool
    plant: str | None = None
    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    area: str | None = None
    sensor_id: str | None = None
    alert_type: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A sensor and the place that it is at; what of the place is not known is None."""

    loc_id: str
    sensor_id: str
    plant: str | None = None
    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    area: str | None = None
    # What a breach there would be.
    alert_type: str = "threshold"
