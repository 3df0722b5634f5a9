"""Who has a certificate in a mesh on one machine: each service, its Envoy, and what people see."""

import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.catalog import GATEWAY, SERVICES
from services.certs.authority import Names
from services.certs.places import EDGE, FOLDER
from services.certs.store import Store
from services.common.identities import ENVOY, TRUST_DOMAIN, hosts_of, spiffe_id

LOOPBACK = ("127.0.0.1", "::1")
_HOST = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?", re.ASCII)


def local_store(data_dir: Path, trust_domain: str = TRUST_DOMAIN) -> Store:
    """Returns the certificates below a data folder."""
    return Store(data_dir / FOLDER, local_names(trust_domain, socket.gethostname()))


def local_names(trust_domain: str, hostname: str) -> Mapping[str, Names]:
    """Returns who has a certificate, by the names of their folders."""
    services = {service.name: of_service(service.name, trust_domain) for service in SERVICES}
    envoy = Names(ENVOY, spiffe_id(ENVOY, trust_domain), ("localhost",), LOOPBACK)
    seen = [hostname] if _HOST.fullmatch(hostname) and hostname != "localhost" else []
    return {**services, ENVOY: envoy, EDGE: Names("flet-montrg", None, ("localhost", *seen), LOOPBACK)}


def of_service(name: str, trust_domain: str, dns: Sequence[str] = (), ips: Sequence[str] = ()) -> Names:
    """Returns the names of a service of the catalog, and the further ones that are given."""
    hosts = {GATEWAY.name: hosts_of(GATEWAY), **{service.name: hosts_of(service) for service in SERVICES}}
    known = hosts.get(name, ())
    return Names(name, spiffe_id(name, trust_domain), _unique(*known, "localhost", *dns), _unique(*LOOPBACK, *ips))


def _unique(*words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
