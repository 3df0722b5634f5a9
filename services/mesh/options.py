"""What a rendered configuration depends on besides the catalog and the contracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from services.catalog import SERVICES, Service
from services.common.identities import TRUST_DOMAIN
from services.common.telemetry.collector import Collector
from services.mesh.access_log import AccessLog
from services.mesh.limits import UNCOUNTED, Limits

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIPTOR_SET = ("gen", "montrg.binpb")
ENVOY_DESCRIPTOR_SET = ("gen", "envoy.binpb")

# Of a single machine; the Envoys of a cluster have ports of their own.
LOCAL_STATUS_PORT = 30009

SITE_TZ = "Asia/Seoul"

# Pages served from the machine itself; what a plant's dashboards need is added by setting.
LOCAL_ORIGINS = (r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?",)

# A numeric address or a DNS name, and a port.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A service that the pod of another one calls through its Envoy, or that a gateway before all pods sends to.

    Attributes:
        service: the catalog's entry.
        pods: where the Envoys in front of it are; a name stands for all of the addresses that it resolves to.
        port: where Envoy takes the calls, on the pod's loopback address; None where the gateway alone does.
    """

    service: Service
    pods: Sequence[Place]
    port: int | None


@dataclass(frozen=True, slots=True)
class Secure:
    """What an Envoy of the secure profile is told.

    Attributes:
        own: the folder of the certificate that it shows those whom it calls, and of the authorities that it believes.
        shown: the folder of the certificate that its callers see.
        folder: where the files are written that the configuration names, and the socket of the admin interface is.
        trust_domain: the first part of the SPIFFE ids of the mesh.
        knows_neighbours: whether callers may show a certificate of the mesh; the process is told whose it is.
    """

    own: Path
    shown: Path
    folder: Path
    trust_domain: str = TRUST_DOMAIN
    knows_neighbours: bool = False

    @property
    def admin_socket(self) -> Path:
        """The socket of the admin interface, open to Envoy's own user alone."""
        return self.folder / "admin.sock"


@dataclass(frozen=True, slots=True)
class Oidc:
    """An issuer of tokens outside of the mesh.

    Attributes:
        issuer: as it stands in its tokens.
        audience: whom tokens have to be for.
        jwks_url: where its keys are, https.
        authorities: the file of those that the certificate there has to be of.
        client_id: what the issuer calls the dashboard, so that people sign in there; empty where they do not.
    """

    issuer: str
    audience: str
    jwks_url: str
    authorities: Path
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Issuers:
    """Whose tokens count.

    Attributes:
        jwks_file: the public keys of the mesh's own issuer, a file that is followed; None without one.
        oidc: another issuer, or None.
    """

    jwks_file: Path | None = None
    oidc: Oidc | None = None


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """Settings of one Envoy: by default the one of a single machine, which serves every service of the catalog.

    Attributes:
        services: the services to serve.
        listen_address: the address that the REST ports are bound to.
        rest_ports: ports that differ from the catalog's `rest_port`, by service name.
        gateway_port: where all of these services are served together, with the dashboard; None for nowhere.
        time_zone: the site's, in which the dashboard shows times; its IANA name.
        upstreams: where the processes of a service are, by its name: numeric addresses or DNS names, and ports. Those
            that are not named are on this machine, at the catalog's `grpc_port`.
        neighbours: the services that are called through this Envoy.
        loopback: the address of the admin interface, and of the ports that take calls to neighbours.
        admin_port: the port of Envoy's admin interface.
        status_port: where probes and Prometheus ask: `/ready` and `/stats/prometheus` of Envoy, `/metrics` of each
            process; None for nowhere.
        cors_origins: regular expressions (RE2, whole origin) of the pages that may call.
        access_log: what gets one JSON line a request, or None for none.
        limits: what callers may take of it.
        max_request_bytes: a larger request body is refused with 413.
        max_response_bytes: a larger JSON answer is an error.
        secure: what the secure profile takes; None in dev.
        issuers: whose tokens count in the secure profile; None in the development profile, where nobody signs in.
        collector: whom traces are told to; None for nobody.
        is_between_neighbours: whether services call each other through the REST ports, as in pods.
        root: the folder below which the rendered file's paths are given. Envoy is started in the project's folder,
            so the default keeps the file free of any machine's paths; an absolute one makes it startable anywhere.
    """

    services: Sequence[Service] = SERVICES
    listen_address: str = "127.0.0.1"
    rest_ports: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    gateway_port: int | None = None
    time_zone: str = SITE_TZ
    upstreams: Mapping[str, Sequence[Place]] = field(default_factory=lambda: MappingProxyType({}))
    neighbours: Sequence[Neighbour] = ()
    loopback: str = "127.0.0.1"
    admin_port: int = 30099
    status_port: int | None = None
    cors_origins: Sequence[str] = LOCAL_ORIGINS
    access_log: AccessLog | None = None
    limits: Limits = UNCOUNTED
    max_request_bytes: int = 8 * 1024 * 1024
    max_response_bytes: int = 64 * 1024 * 1024
    secure: Secure | None = None
    issuers: Issuers | None = None
    collector: Collector | None = None
    is_between_neighbours: bool = False
    root: Path = Path()

    def rest_port(self, service: Service) -> int:
        """The port on which Envoy serves a service."""
        return self.rest_ports.get(service.name, service.rest_port)

    @property
    def behind_gateway(self) -> Sequence[Service]:
        """The services that the gateway serves: those of this Envoy, or else those whose pods it knows."""
        return self.services or [neighbour.service for neighbour in self.neighbours]

    def processes(self, service: Service) -> Sequence[Place]:
        """Where a service's processes are."""
        return self.upstreams.get(service.name, ((self.loopback, service.grpc_port),))

    def path(self, *parts: str) -> str:
        """A path of the project as the rendered file names it."""
        return self.path_of(Path(*parts))

    def path_of(self, path: Path) -> str:
        """A path as the rendered file names it; one that is not absolute begins in the project's folder."""
        return str(self.root / path)

    @property
    def admin(self) -> "Place | Path":
        """Where the admin interface is: an address, or the path of a socket."""
        return (self.loopback, self.admin_port) if self.secure is None else self.secure.admin_socket

    def written_to(self, folder: Path) -> "RenderOptions":
        """Returns the same for a configuration that is written into a folder of its own, with all that it names."""
        return self if self.secure is None else replace(self, secure=replace(self.secure, folder=folder))
