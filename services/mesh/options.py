"""What a rendered configuration depends on besides the catalog and the contracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from services.catalog import SERVICES, Service

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIPTOR_SET = ("gen", "montrg.binpb")
ENVOY_DESCRIPTOR_SET = ("gen", "envoy.binpb")

# Pages served from the machine itself; what a plant's dashboards need is added by setting.
LOCAL_ORIGINS = (r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?",)


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """Settings of one Envoy that serves every service of the catalog.

    Attributes:
        services: the services to serve.
        listen_address: the address that the REST ports are bound to.
        rest_ports: ports that differ from the catalog's `rest_port`, by service name.
        upstream_address: the numeric address of the services' processes.
        upstream_ports: the ports of each service's processes, where they are not just the catalog's `grpc_port`.
        admin_port: the port of Envoy's admin interface, which is bound to `admin_address`.
        cors_origins: regular expressions (RE2, whole origin) of the pages that may call.
        access_log: the file that gets one JSON line a request, or None for none.
        max_request_bytes: a larger request body is refused with 413.
        max_response_bytes: a larger JSON answer is an error.
        root: the folder below which the rendered file's paths are given. Envoy is started in the project's folder,
            so the default keeps the file free of any machine's paths; an absolute one makes it startable anywhere.
    """

    services: Sequence[Service] = SERVICES
    listen_address: str = "127.0.0.1"
    rest_ports: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    upstream_address: str = "127.0.0.1"
    upstream_ports: Mapping[str, Sequence[int]] = field(default_factory=lambda: MappingProxyType({}))
    admin_address: str = "127.0.0.1"
    admin_port: int = 30099
    cors_origins: Sequence[str] = LOCAL_ORIGINS
    access_log: Path | None = None
    max_connections: int = 10_000
    max_request_bytes: int = 8 * 1024 * 1024
    max_response_bytes: int = 64 * 1024 * 1024
    root: Path = Path()

    def rest_port(self, service: Service) -> int:
        """The port on which Envoy serves a service."""
        return self.rest_ports.get(service.name, service.rest_port)

    def grpc_ports(self, service: Service) -> Sequence[int]:
        """The ports of a service's processes."""
        return self.upstream_ports.get(service.name, (service.grpc_port,))

    def path(self, *parts: str) -> str:
        """A path of the project as the rendered file names it."""
        return str(self.root.joinpath(*parts))
