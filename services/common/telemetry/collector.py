"""Where traces are told, as OpenTelemetry's own settings say it: for the services and for Envoy."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.common.authorities import known_authorities
from services.common.settings import Environment, SettingsError

_OTLP_PORT = 4317
_RATIO = "traceidratio"
_ALWAYS = {"always_on": 1.0, "always_off": 0.0}
_PARENT = "parentbased_"
_SAMPLERS = (*_ALWAYS, _RATIO, *(f"{_PARENT}{name}" for name in (*_ALWAYS, _RATIO)))


@dataclass(frozen=True, slots=True)
class Collector:
    """Where traces are told over OTLP/gRPC, and how many of those that begin here.

    Attributes:
        host, port: where.
        authorities: the file of those that its certificate may be of; None for plaintext.
        ratio: the share of the traces that begin here, 0 to 1.
        follows_callers: whether a caller's own word of whether it is told counts, as the samplers `parentbased_*` have
            it, or everybody's calls are told by the ratio alone.
    """

    host: str
    port: int
    authorities: Path | None
    ratio: float
    follows_callers: bool = True

    @property
    def address(self) -> str:
        """The host and port, as gRPC takes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_collector(environment: Environment) -> Collector | None:
    """Reads where traces are told; None for nowhere. A wrong setting is a SettingsError."""
    url = environment.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    if not url or environment.text("OTEL_SDK_DISABLED", "false").lower() == "true":
        return None
    scheme, host, port = _parts(url)
    authorities = _authorities(environment) if scheme == "https" else None
    sampler = environment.choice("OTEL_TRACES_SAMPLER", f"{_PARENT}always_on", _SAMPLERS)
    ratio = _ratio(sampler.removeprefix(_PARENT), environment)
    return Collector(host, port, authorities, ratio, follows_callers=sampler.startswith(_PARENT))


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port or _OTLP_PORT
    except ValueError:
        scheme, host, port = "", "", 0
    if scheme not in {"http", "https"} or not host:
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is {url!r}; give where the collector takes OTLP over gRPC, such as "
            f"http://127.0.0.1:{_OTLP_PORT}"
        )
    return scheme, host, port


def _authorities(environment: Environment) -> Path:
    file = Path(environment.text("OTEL_EXPORTER_OTLP_CERTIFICATE", known_authorities()))
    if not file.is_file():
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_CERTIFICATE is {str(file)!r}, which is not there; give the file of the authorities "
            "that the collector's certificate is of"
        )
    return file.absolute()


def _ratio(sampler: str, environment: Environment) -> float:
    if sampler in _ALWAYS:
        return _ALWAYS[sampler]
    value = environment.text("OTEL_TRACES_SAMPLER_ARG", "1")
    try:
        ratio = float(value)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise SettingsError(f"OTEL_TRACES_SAMPLER_ARG is {value!r}; give the share of traces to tell, from 0 to 1")
    return ratio
