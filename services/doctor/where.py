"""Where the mesh is that is asked: on this machine as `montrg up` runs it, or elsewhere by addresses."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.catalog import SERVICES
from services.certs.places import authorities_file
from services.common.settings import SECURE, Environment, SettingsError, port_offset, profile
from services.local.postgres import EmbeddedPostgres
from services.local.settings import LocalSettings, read_settings

_URL = "give http:// or https:// and a host, such as https://montrg.example.com"


@dataclass(frozen=True, slots=True)
class Where:
    """How each part is reached.

    Attributes:
        settings: those of `montrg up`.
        environment: what programs of our own read to call the services as any client.
        status_urls: the status ports of Envoys elsewhere; none for the mesh of this machine.
        given_url: the address of the database that was given; None for the embedded one.
        is_local: whether the processes are this machine's.
    """

    settings: LocalSettings
    environment: Environment
    status_urls: tuple[str, ...]
    given_url: str | None
    is_local: bool

    @property
    def is_secure(self) -> bool:
        """Whether everything speaks TLS."""
        return profile(self.environment) == SECURE

    @property
    def authorities(self) -> Path:
        """The file of the authorities that sign what the mesh shows."""
        return Path(self.environment.text("CA_FILE", str(authorities_file(self.settings.data_dir))))

    def database_url(self) -> str:
        """Returns the address of the database; where it is the embedded one and never ran it is a PostgresError."""
        if self.given_url is not None:
            return self.given_url
        if not self.is_local:
            raise SettingsError("MONTRG_DATABASE_URL is not set; give a login to the database, best an administrator's")
        return EmbeddedPostgres(self.settings.data_dir / "postgres", self.settings.database_port).admin_url


def read_where(url: str, status_urls: Sequence[str]) -> Where:
    """Reads the environment and what the command was given.

    Args:
        url: the address of a gateway, or a host on which an Envoy serves each service at its own port; empty for what
            MONTRG_<SERVICE>_SERVICE_URL say, or this machine.
        status_urls: addresses of Envoys' status ports.
    """
    settings = read_settings()
    variables = dict(os.environ)
    if url:
        host, port = _place(url, "--url")
        offset = port_offset(Environment(variables))
        for service in SERVICES:
            there = port or service.rest_port + offset
            variables[f"MONTRG_{service.name.upper()}_SERVICE_URL"] = f"{host}:{there}"
    for each in status_urls:
        _place(each, "--status-url")
    # The image of a service names it, and the variable without a prefix is its own there.
    database = settings.database_url or (
        variables.get("MONTRG_SERVICE") and Environment(variables).text("DATABASE_URL")
    )
    return Where(
        settings=settings,
        environment=Environment(variables),
        status_urls=tuple(each.rstrip("/") for each in status_urls),
        given_url=database or None,
        is_local=not url and not status_urls,
    )


def _place(url: str, option: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"{option} is {url!r} ({error}); {_URL}") from error
    if parts.scheme not in {"http", "https"} or not host or parts.path.strip("/"):
        raise SettingsError(f"{option} is {url!r}; {_URL}")
    return (f"[{host}]" if ":" in host else host), port
