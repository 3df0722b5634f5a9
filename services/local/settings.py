"""What `montrg up` is told."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from services.catalog import GATEWAY, SERVICES, Service
from services.certs.places import FOLDER as CERTS
from services.common.identities import TRUST_DOMAIN
from services.common.settings import (
    DEV,
    SECURE,
    Environment,
    SettingsError,
    given,
    log_levels_file,
    pool_size,
    port_offset,
    profile,
    trust_domain,
)
from services.local.postgres import DEFAULT_PORT
from services.mesh.access_log import AccessLog, read_access_log
from services.mesh.limits import UNCOUNTED, Limits, read_limits
from services.mesh.options import LOCAL_STATUS_PORT, ROOT, SITE_TZ, RenderOptions

HOST = "127.0.0.1"
# Where the replay takes the messages to its shift leader.
TOLD_PORT = 30008
MOST_WORKERS = 16
# The second worker of a service listens 10 above the first, the third 20: there is room for ten services, and the
# gRPC ports of a whole mesh lie within 200, so that meshes with offsets further apart do not meet.
WORKER_STEP = 10


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How the mesh runs on this machine.

    Attributes:
        data_dir: the folder of everything that is kept.
        database_url: an administrator's login to a PostgreSQL server of the user's own, or None for the embedded one.
        port_offset: is added to every port, so that two meshes can run side by side.
        replay: whether real weather-station readings are replayed into the mesh.
        workers: how many processes each service runs as, by the service's name.
        profile: `dev` or `secure`.
        trust_domain: the first part of the SPIFFE ids in the certificates of this mesh.
        pool_size: connections that each of these processes keeps to the database.
        limits: what callers may take of Envoy.
        levels_file: the file with levels of loggers, where it is not in the data folder.
        access_log: what gets a line a request from Envoy, or None for none.
        time_zone: the site's, as the dashboard is told; its IANA name.
    """

    data_dir: Path
    database_url: str | None
    port_offset: int
    replay: bool
    workers: Mapping[str, int]
    pool_size: int
    limits: Limits = UNCOUNTED
    profile: str = DEV
    trust_domain: str = TRUST_DOMAIN
    levels_file: Path | None = None
    access_log: AccessLog | None = None
    time_zone: str = SITE_TZ

    @property
    def log_levels_file(self) -> Path:
        """The file that says while the mesh runs how much its processes say."""
        return self.levels_file or self.data_dir / "log-levels"

    @property
    def is_secure(self) -> bool:
        """Whether everything speaks TLS and asks who calls."""
        return self.profile == SECURE

    @property
    def scheme(self) -> str:
        """How addresses of the mesh begin."""
        return "https" if self.is_secure else "http"

    def certs_dir(self, name: str) -> Path:
        """The folder of a certificate, by whose it is."""
        return self.data_dir / CERTS / name

    @property
    def database_port(self) -> int:
        """The port of the embedded PostgreSQL."""
        return DEFAULT_PORT + self.port_offset

    @property
    def admin_port(self) -> int:
        """The port of Envoy's admin interface."""
        return RenderOptions().admin_port + self.port_offset

    @property
    def status_port(self) -> int:
        """The port on which Envoy tells the figures of every process, and its own."""
        return LOCAL_STATUS_PORT + self.port_offset

    @property
    def gateway_port(self) -> int:
        """The port on which Envoy serves the dashboard, and every service."""
        return GATEWAY.rest_port + self.port_offset

    @property
    def told_port(self) -> int | None:
        """The port on which the replay takes messages; None where nobody is told of it."""
        return TOLD_PORT + self.port_offset if self.replay and not self.is_secure else None

    def rest_port(self, service: Service) -> int:
        """The port on which Envoy serves a service."""
        return service.rest_port + self.port_offset

    def grpc_ports(self, service: Service) -> Mapping[str, int]:
        """The ports of a service's workers, by their names, such as `realtime`, `realtime-2`, `realtime-3`."""
        first = service.grpc_port + self.port_offset
        numbers = range(1, self.workers[service.name] + 1)
        return {service.process(n): first + (n - 1) * WORKER_STEP for n in numbers}

    def ports(self) -> Iterator[tuple[int, str]]:
        """Yields every port that has to be free, with what it is for; the embedded PostgreSQL checks its own."""
        yield self.gateway_port, "the gateway and its dashboard"
        for service in SERVICES:
            yield self.rest_port(service), f"the {service.name} service's REST"
            for worker, port in self.grpc_ports(service).items():
                yield port, f"the gRPC of {worker}"
        yield self.status_port, "metrics"
        if self.told_port is not None:
            yield self.told_port, "messages to the replay's shift leader"
        if not self.is_secure:  # there it is a socket in the file system
            yield self.admin_port, "Envoy's admin interface"


def read_settings(variables: Mapping[str, str] | None = None) -> LocalSettings:
    """Reads the environment. Only names with the prefix count: a `DATABASE_URL` of another project is not ours."""
    known = os.environ if variables is None else variables
    replay = known.get("MONTRG_REPLAY") or "on"
    if replay not in ("on", "off"):
        raise SettingsError(f"MONTRG_REPLAY is {replay!r}; give on or off")
    ours = Environment({name: known[name] for name in known if name.startswith("MONTRG_")})
    return LocalSettings(
        data_dir=Path(known.get("MONTRG_DATA_DIR") or ROOT / ".data").expanduser().absolute(),
        database_url=given(known, "MONTRG_DATABASE_URL"),
        port_offset=port_offset(Environment(known)),
        replay=replay == "on",
        workers=_workers(known.get("MONTRG_WORKERS") or "1"),
        # The services read it under both of its names.
        pool_size=pool_size(Environment(known)),
        profile=profile(Environment(known)),
        trust_domain=trust_domain(Environment(known)),
        levels_file=log_levels_file(Environment(known)),
        limits=read_limits(ours),
        access_log=read_access_log(ours),
        time_zone=ours.zone("SITE_TZ", SITE_TZ).key,
    )


def _workers(words: str) -> Mapping[str, int]:
    """Reads `2`, the same for every service, or `realtime=2,thresholds=3`, where the others run as one process."""
    names = [service.name for service in SERVICES]
    parts = [part.partition("=") for part in words.split(",")] if "=" in words else [(n, "=", words) for n in names]
    given = {name.strip(): number.strip() for name, _, number in parts}
    if len(given) < len(parts) or given.keys() - set(names) or not all(map(_is_number_of_workers, given.values())):
        raise SettingsError(
            f"MONTRG_WORKERS is {words!r}; give a whole number from 1 to {MOST_WORKERS} for every service, such as 2, "
            f"or one for some of {', '.join(names)}, such as {names[0]}=2,{names[1]}=3"
        )
    return MappingProxyType({name: int(given.get(name, "1")) for name in names})


def _is_number_of_workers(words: str) -> bool:
    return words.isdecimal() and 1 <= int(words) <= MOST_WORKERS
