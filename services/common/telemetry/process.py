"""What a process tells of itself: what it is, whether it is ready, its certificates, its logs and its event loop."""

import asyncio
import logging
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from cryptography import x509
from prometheus_client import Counter, Histogram, Metric

from services.common.telemetry.registry import REGISTRY
from services.common.telemetry.samples import gauge, gauges
from services.common.tls import Certificates

LOOK_EVERY_S = 0.25

_RECORDS = Counter("montrg_log_records", "Lines of the log", ("level",), registry=REGISTRY)
_LAG = Histogram(
    "montrg_event_loop_lag_seconds",
    "How much later than it asked for a task gets its turn",
    registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
_LEVELS = {
    level: _RECORDS.labels(logging.getLevelName(level))
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
}


class CountedRecords(logging.Handler):
    """Counts what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Counts a record; levels of somebody else's own are left out."""
        if counter := _LEVELS.get(record.levelno):
            counter.inc()


async def watch_the_loop() -> None:
    """Measures again and again how late a task gets its turn, until it is cancelled."""
    clock = asyncio.get_running_loop().time
    while True:
        wanted = clock() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        _LAG.observe(max(0.0, clock() - wanted))


@dataclass(slots=True)
class Readiness:
    """Whether a process can do its work; at first it has not been found out."""

    is_ready: bool = False


class ProcessFigures:
    """A sampler of what there is one of in a process."""

    def __init__(self, service: str, readiness: Readiness, certificates: Certificates | None) -> None:
        """Takes the catalog's name, and the process's certificates where it has some."""
        self._build = gauges(
            "montrg_build_info",
            "Which program runs",
            ("version", "python", "service"),
            {(version("montrg"), platform.python_version(), service): 1},
        )
        self._readiness = readiness
        self._certificates = certificates

    async def __call__(self) -> Iterable[Metric]:
        """Returns what it is at the moment."""
        ready = gauge("montrg_ready", "Whether the process can do its work", float(self._readiness.is_ready))
        return [self._build, ready, *([_expiry(self._certificates)] if self._certificates else [])]


def _expiry(certificates: Certificates) -> Metric:
    """Until when the certificate holds, and the authorities: while they change there are two, the newer one counts."""
    pair = certificates.pair()
    own, *_ = x509.load_pem_x509_certificates(pair.certificate)  # its authorities may follow it
    authorities = x509.load_pem_x509_certificates(pair.authorities)
    ends: dict[tuple[str, ...], float] = {
        ("own",): own.not_valid_after_utc.timestamp(),
        ("authority",): max(each.not_valid_after_utc.timestamp() for each in authorities),
    }
    words = "Until when a certificate holds: the process's own, and the last of its authorities"
    return gauges("montrg_certificate_expiry_timestamp_seconds", words, ("certificate",), ends)
