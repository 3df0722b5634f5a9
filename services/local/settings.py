"""What `montrg up` is told."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.catalog import SERVICES, Service
from services.common.settings import SettingsError
from services.local.postgres import DEFAULT_PORT
from services.mesh.options import ROOT, RenderOptions

HOST = "127.0.0.1"
MOST_OFFSET = 10_000


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How the mesh runs on this machine.

    Attributes:
        data_dir: the folder of everything that is kept.
        database_url: an administrator's login to a PostgreSQL server of the user's own, or None for the embedded one.
        port_offset: is added to every port, so that two meshes can run side by side.
        replay: whether real weather-station readings are replayed into the mesh.
    """

    data_dir: Path
    database_url: str | None
    port_offset: int
    replay: bool

    @property
    def database_port(self) -> int:
        """The port of the embedded PostgreSQL."""
        return DEFAULT_PORT + self.port_offset

    @property
    def admin_port(self) -> int:
        """The port of Envoy's admin interface."""
        return RenderOptions().admin_port + self.port_offset

    def rest_port(self, service: Service) -> int:
        """The port on which Envoy serves a service."""
        return service.rest_port + self.port_offset

    def grpc_port(self, service: Service) -> int:
        """The port of a service's own gRPC server."""
        return service.grpc_port + self.port_offset

    def ports(self) -> Iterator[tuple[int, str]]:
        """Yields every port that has to be free, with what it is for; the embedded PostgreSQL checks its own."""
        for service in SERVICES:
            yield self.rest_port(service), f"the {service.name} service's REST"
            yield self.grpc_port(service), f"the {service.name} service's gRPC"
        yield self.admin_port, "Envoy's admin interface"


def read_settings(variables: Mapping[str, str] | None = None) -> LocalSettings:
    """Reads the environment. Only names with the prefix count: a `DATABASE_URL` of another project is not ours."""
    known = os.environ if variables is None else variables
    offset = known.get("MONTRG_PORT_OFFSET") or "0"
    if not offset.isdecimal() or int(offset) > MOST_OFFSET:
        raise SettingsError(f"MONTRG_PORT_OFFSET is {offset!r}; give a whole number from 0 to {MOST_OFFSET}")
    replay = known.get("MONTRG_REPLAY") or "on"
    if replay not in ("on", "off"):
        raise SettingsError(f"MONTRG_REPLAY is {replay!r}; give on or off")
    return LocalSettings(
        data_dir=Path(known.get("MONTRG_DATA_DIR") or ROOT / ".data").expanduser().absolute(),
        database_url=known.get("MONTRG_DATABASE_URL") or None,
        port_offset=int(offset),
        replay=replay == "on",
    )
