"""Settings: one frozen object, read once from the environment.

A name is looked up as `MONTRG_<NAME>` first and then, for the names that the documented deployment uses
(`DATABASE_URL`, `LOG_LEVEL`, ...), as it is.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services import catalog

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A setting is missing or wrong. The message names it and the remedy."""


class Environment:
    """Reads typed settings from environment variables."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, default: str | None = None) -> str:
        """Returns a setting; without a default a missing one is an error."""
        value = self._variables.get(f"MONTRG_{name}") or self._variables.get(name) or default
        if value is None:
            raise SettingsError(f"MONTRG_{name} is not set; see env.example")
        return value

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """Returns a whole number within bounds."""
        value = self.text(name, str(default))
        if not value.lstrip("-").isdigit() or not least <= int(value) <= most:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give a whole number from {least} to {most}")
        return int(value)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Returns one of a closed list of words."""
        value = self.text(name, default)
        if value not in choices:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give one of {', '.join(choices)}")
        return value

    def zone(self, name: str, default: str) -> ZoneInfo:
        """Returns a time zone by its IANA name."""
        value = self.text(name, default)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give a zone such as Asia/Seoul") from error


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What every service is told.

    Attributes:
        service: the catalog's entry.
        database_url: where PostgreSQL is, as `postgresql://role:password@host:port/database`.
        host: the address that the gRPC server binds to.
        port: the gRPC port.
        pool_size: connections that the service keeps to the database.
        log_level: DEBUG, INFO, WARNING or ERROR.
        grace_s: seconds that calls under way have to end at a stop.
    """

    service: catalog.Service
    database_url: str
    host: str
    port: int
    pool_size: int
    log_level: str
    grace_s: int


def read_service_settings(name: str, environment: Environment) -> ServiceSettings:
    """Reads what every service is told; `name` is the catalog's."""
    service = catalog.service(name)
    return ServiceSettings(
        service=service,
        database_url=environment.text("DATABASE_URL"),
        host=environment.text("HOST", "127.0.0.1"),
        port=environment.integer("PORT", service.grpc_port, 0, 65535),
        pool_size=environment.integer("POOL_SIZE", 5, 1, 100),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        grace_s=environment.integer("GRACE_S", 5, 0, 600),
    )
