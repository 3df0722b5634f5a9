"""Settings: one frozen object, read once from the environment.

A name is looked up as `MONTRG_<NAME>` first and then, for the names that the documented deployment uses
(`DATABASE_URL`, `LOG_LEVEL`, ...), as it is. Each may be given as a file whose path is in `<name>_FILE`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services import catalog
from services.common.identities import TRUST_DOMAIN

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# `dev` has no sign-in and no TLS, and listens where only its user can reach it.
DEV, SECURE = "dev", "secure"
# A service calls its neighbours itself, or in plaintext through the Envoy of its own pod, which adds mutual TLS.
DIRECT, SIDECAR = "direct", "sidecar"
CERTIFICATE_FILES = ("tls.crt", "tls.key", "ca.crt")

# `http://` is how the documented deployment writes an address, `dns:///` how gRPC writes a name.
_ADDRESS = re.compile(r"(?:http://|dns:///)?((?:[\w.-]+|\[[\da-fA-F:.]+\])):(\d{1,5})/?", re.ASCII)
_NAME = "dns:///"
_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}", re.ASCII)
_MOST_PORT = 65535
_MOST_OFFSET = 10_000


class SettingsError(Exception):
    """A setting is missing or wrong. The message names it and the remedy."""


def given(variables: Mapping[str, str], name: str) -> str | None:
    """Returns a variable, or the contents of the file that a variable of that name with `_FILE` names, as secrets are.

    A file that cannot be read raises SettingsError.
    """
    path = variables.get(f"{name}_FILE")
    if variables.get(name) or not path:
        return variables.get(name) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE is {path}, which cannot be read: {error.strerror}") from error


class Environment:
    """Reads typed settings from environment variables."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, default: str | None = None, *, prefixed: bool = False) -> str:
        """Returns a setting; without a default a missing one is an error.

        With `prefixed` the name counts with its prefix alone, since other programs mean something else by it.
        """
        bare = None if prefixed else given(self._variables, name)
        value = given(self._variables, f"MONTRG_{name}") or bare or default
        if value is None:
            raise SettingsError(f"MONTRG_{name} is not set; see env.example")
        return value

    def integer(self, name: str, default: int, least: int, most: int, *, prefixed: bool = False) -> int:
        """Returns a whole number within bounds."""
        value = self.text(name, str(default), prefixed=prefixed)
        if not value.lstrip("-").isdigit() or not least <= int(value) <= most:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give a whole number from {least} to {most}")
        return int(value)

    def choice(self, name: str, default: str, choices: tuple[str, ...], *, prefixed: bool = False) -> str:
        """Returns one of a closed list of words."""
        value = self.text(name, default, prefixed=prefixed)
        if value not in choices:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give one of {', '.join(choices)}")
        return value

    def addresses(self, name: str, default: str) -> list[tuple[str, int]]:
        """Returns one `host:port`, or several that commas divide, as hosts and ports."""
        value = self.text(name, default)
        found = [_ADDRESS.fullmatch(part.strip()) for part in value.split(",")]
        addresses = [(match[1], int(match[2])) for match in found if match and 0 < int(match[2]) <= _MOST_PORT]
        if len(addresses) < len(found):
            raise SettingsError(f"MONTRG_{name} is {value!r}; give host:port, such as {default}; commas divide several")
        return addresses

    def target(self, name: str, default: str) -> str:
        """Returns where a service is, as gRPC takes it: one `host:port`, or those of its processes, comma separated.

        Several are numeric and of one family: gRPC resolves no more than one name a channel.
        """
        addresses = self.addresses(name, default)
        schemes = {_scheme(host) for host, _ in addresses}
        if len(schemes) > 1 or (len(addresses) > 1 and schemes == {_NAME}):
            raise SettingsError(
                f"MONTRG_{name} is {self.text(name, default)!r}; give several processes as IPv4 or as IPv6 addresses, "
                "or one name that resolves to all of them"
            )
        return schemes.pop() + ",".join(f"{host}:{port}" for host, port in addresses)

    def is_loopback(self, name: str, default: str) -> bool:
        """Tells whether addresses, as `addresses` reads them, are all of this machine or pod."""
        return all(_is_loopback(host.strip("[]")) for host, _ in self.addresses(name, default))

    def numeric_address(self, name: str, default: str) -> str:
        """Returns an address that a server can be bound to."""
        value = self.text(name, default)
        try:
            ip_address(value)
        except ValueError as error:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give a numeric address, such as {default}") from error
        return value

    def zone(self, name: str, default: str) -> ZoneInfo:
        """Returns a time zone by its IANA name."""
        value = self.text(name, default)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(f"MONTRG_{name} is {value!r}; give a zone such as Asia/Seoul") from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _scheme(host: str) -> str:
    """Returns how gRPC is told what a host is."""
    try:
        return f"ipv{ip_address(host.strip('[]')).version}:"
    except ValueError:
        return _NAME


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
        linger_s: seconds of a stop in which calls are still taken after streams have ended. Whose stream has ended
            comes again at once, maybe over the same connection: then it is told once more to go, and that answer closes
            the connection where an Envoy drains. A refusal would be an error.
        profile: `dev` or `secure`.
        certs_dir: the folder with the process's own certificate, its key and the authorities; None in dev.
        trust_domain: the first part of the SPIFFE ids in the certificates of this mesh.
        egress: `direct` where the service calls its neighbours itself, `sidecar` where through its pod's Envoy.
        probe_port: the port on which who has no certificate may ask for the service's health; 0 for none.
        metrics: whether the process counts and times what it does, and tells it.
        log_levels_file: a file with levels of loggers, which counts while the process runs; None for none.
    """

    service: catalog.Service
    database_url: str
    host: str
    port: int
    pool_size: int
    log_level: str
    grace_s: int
    linger_s: float
    profile: str
    certs_dir: Path | None
    trust_domain: str
    egress: str
    probe_port: int
    metrics: bool = True
    log_levels_file: Path | None = None


def pool_size(environment: Environment) -> int:
    """Reads how many connections each process of a service keeps to the database."""
    return environment.integer("POOL_SIZE", 5, 1, 100)


def grpc_port(service: catalog.Service, environment: Environment) -> int:
    """Reads the port of a service's gRPC server; 0 is any that is free."""
    return environment.integer("PORT", service.grpc_port, 0, _MOST_PORT)


def port_offset(environment: Environment) -> int:
    """Reads what is added to every port of a mesh on one machine, so that two of them run side by side."""
    return environment.integer("PORT_OFFSET", 0, 0, _MOST_OFFSET, prefixed=True)


def profile(environment: Environment) -> str:
    """Reads which profile is meant."""
    return environment.choice("PROFILE", DEV, (DEV, SECURE), prefixed=True)


def trust_domain(environment: Environment) -> str:
    """Reads the trust domain: the first part of the SPIFFE ids of a mesh."""
    value = environment.text("TRUST_DOMAIN", TRUST_DOMAIN)
    if not _TRUST_DOMAIN.fullmatch(value):
        raise SettingsError(
            f"MONTRG_TRUST_DOMAIN is {value!r}; give lower-case letters, digits, `-`, `_` and `.`, "
            f"such as {TRUST_DOMAIN}"
        )
    return value


def certs_dir(environment: Environment, name: str = "CERTS_DIR") -> Path:
    """Reads a folder that has to hold a certificate, its key and the authorities."""
    folder = Path(environment.text(name)).absolute()
    missing = [file for file in CERTIFICATE_FILES if not os.access(folder / file, os.R_OK)]
    if missing:
        raise SettingsError(
            f"MONTRG_{name} is {folder}, where {' and '.join(missing)} cannot be read; give the folder that "
            "`montrg certs issue` made, or to which cert-manager's Secret is mounted"
        )
    return folder


def log_levels_file(environment: Environment) -> Path | None:
    """Reads which file says while a process runs what its loggers say; it need not be there yet."""
    path = environment.text("LOG_LEVELS_FILE", "", prefixed=True)
    return Path(path).absolute() if path else None


def read_service_settings(name: str, environment: Environment) -> ServiceSettings:
    """Reads what every service is told; `name` is the catalog's."""
    service = catalog.service(name)
    is_secure = profile(environment) == SECURE
    return ServiceSettings(
        service=service,
        database_url=environment.text("DATABASE_URL"),
        host=environment.text("HOST", "127.0.0.1"),
        port=grpc_port(service, environment),
        pool_size=pool_size(environment),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        grace_s=environment.integer("GRACE_S", 5, 0, 600),
        linger_s=environment.integer("LINGER_MS", 200, 0, 10_000) / 1000,
        profile=SECURE if is_secure else DEV,
        certs_dir=certs_dir(environment) if is_secure else None,
        trust_domain=trust_domain(environment),
        egress=environment.choice("EGRESS", DIRECT, (DIRECT, SIDECAR)),
        probe_port=environment.integer("PROBE_PORT", 0, 0, _MOST_PORT),
        metrics=environment.choice("METRICS", "on", ("on", "off"), prefixed=True) == "on",
        log_levels_file=log_levels_file(environment),
    )
