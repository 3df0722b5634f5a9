"""What Envoys that are not the one of a single machine are told: beside a process, at the edge, before all pods."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.catalog import GATEWAY, SERVICES, Service, service
from services.common.settings import (
    SECURE,
    Environment,
    SettingsError,
    certs_dir,
    grpc_port,
    log_levels_file,
    port_offset,
    profile,
    trust_domain,
)
from services.common.telemetry.collector import read_collector
from services.issuer.domain import public_file
from services.mesh.access_log import read_access_log
from services.mesh.issuers import read_issuers
from services.mesh.limits import read_limits
from services.mesh.options import (
    LOCAL_ORIGINS,
    LOCAL_STATUS_PORT,
    ROOT,
    SITE_TZ,
    Issuers,
    Neighbour,
    Place,
    RenderOptions,
    Secure,
)
from services.mesh.process import LOG_LEVEL

INGRESS_PORT, STATUS_PORT, ADMIN_PORT = 8000, 8001, 9901
EVERYWHERE, LOOPBACK = "0.0.0.0", "127.0.0.1"  # noqa: S104  other pods and the probes call it

RENDERED = ROOT / "envoy" / "rendered"
LOCAL = RENDERED / "local.yaml"
ONE_MACHINE = RenderOptions(status_port=LOCAL_STATUS_PORT, gateway_port=GATEWAY.rest_port)

# How long Envoy goes on at a stop. Beside a service it has to outlive it, whose stop Kubernetes delays until no caller
# knows the pod any more. At the edge nobody takes over: it waits for calls under way, and streams are cut off.
SIDECAR_DRAIN_S, EDGE_DRAIN_S, MOST_DRAIN_S = 30, 5, 600

# Its container may take 512 MiB, the process that runs it among them.
SIDECAR_HEAP_MIB = 400
# Where certificates are mounted in the manifests.
_CERTS, _EDGE_CERTS = Path("/etc/montrg/certs"), Path("/etc/montrg/edge-certs")
# Where the public keys of the mesh's own issuer are, which `montrg token` makes.
_KEYS = {
    "local": public_file(Path(".data")),
    "sidecar": Path("/etc/montrg/issuer/jwks.json"),
    "edge": Path("/etc/montrg/issuer/jwks.json"),
}
# Whoever runs it renders it into another one: `RenderOptions.written_to`.
FOLDER_OF_ITS_OWN = Path()

LOG_LEVELS = ("trace", "debug", "info", "warning", "error", "critical", "off")


@dataclass(frozen=True, slots=True)
class Deployed:
    """One Envoy, and how it is run.

    Attributes:
        options: what is rendered.
        process: the address of the process beside it, which ends first; None if there is none.
        drain_s: seconds from the signal to stop after which it ends whatever is under way.
        log_level: Envoy's own word for what it logs.
        levels_file: a file with levels of its loggers, which counts while it runs; None for none.
    """

    options: RenderOptions
    process: Place | None
    drain_s: int
    log_level: str
    levels_file: Path | None = None


def sidecar(name: str, environment: Environment) -> Deployed:
    """Returns the Envoy of a pod: it takes the pod's calls, and those of its service to neighbours."""
    own, offset = service(name), port_offset(environment)
    loopback = environment.numeric_address("ENVOY_LOOPBACK", LOOPBACK)
    port = grpc_port(own, environment)
    if not port:
        raise SettingsError(f"MONTRG_PORT is 0; give Envoy the port of the service, such as {own.grpc_port}")
    options = RenderOptions(
        services=(own,),
        rest_ports={name: INGRESS_PORT + offset},
        upstreams={name: [(loopback, port)]},
        neighbours=[_neighbour(service(called), environment, offset) for called in own.calls],
        secure=_of_a_pod(certs_dir(environment), environment) if profile(environment) == SECURE else None,
        issuers=read_issuers(environment) if profile(environment) == SECURE else None,
        limits=read_limits(environment, SIDECAR_HEAP_MIB),
        is_between_neighbours=True,
        **_common(environment, offset),
    )
    return _deployed(options, (loopback, port), SIDECAR_DRAIN_S, environment)


def edge(environment: Environment) -> Deployed:
    """Returns an Envoy in front of every service, whose processes are found by name."""
    offset = port_offset(environment)
    options = RenderOptions(
        rest_ports={each.name: each.rest_port + offset for each in SERVICES},
        gateway_port=GATEWAY.rest_port + offset,
        time_zone=environment.zone("SITE_TZ", SITE_TZ).key,
        upstreams={
            each.name: environment.addresses(f"{each.name.upper()}_SERVICE_URL", f"{each.host}:{each.grpc_port}")
            for each in SERVICES
        },
        secure=_of_the_edge(environment) if profile(environment) == SECURE else None,
        issuers=read_issuers(environment) if profile(environment) == SECURE else None,
        limits=read_limits(environment),
        **_common(environment, offset),
    )
    return _deployed(options, None, EDGE_DRAIN_S, environment)


def gateway(environment: Environment) -> Deployed:
    """Returns an Envoy in front of the pods of every service, with the dashboard. Tokens are verified in the pods."""
    offset = port_offset(environment)
    options = RenderOptions(
        services=(),
        gateway_port=INGRESS_PORT + offset,
        time_zone=environment.zone("SITE_TZ", SITE_TZ).key,
        neighbours=[Neighbour(each, _pods(each, environment), None) for each in SERVICES],
        secure=_of_the_gateway(environment) if profile(environment) == SECURE else None,
        limits=read_limits(environment, SIDECAR_HEAP_MIB),
        **_common(environment, offset),
    )
    return _deployed(options, None, SIDECAR_DRAIN_S, environment)


def committed() -> Mapping[Path, RenderOptions]:
    """Returns what is rendered into the project's folder, to be read and compared: each with its default settings."""
    defaults = Environment({})
    sidecars = {Path("sidecars", f"{s.name}.yaml"): sidecar(s.name, defaults).options for s in SERVICES}
    kinds = {
        "local": ({Path("local.yaml"): ONE_MACHINE}, Path(".data/certs/envoy"), Path(".data/certs/edge")),
        "sidecar": (sidecars, _CERTS, _CERTS),
        "edge": ({Path("edge.yaml"): edge(defaults).options}, _CERTS, _EDGE_CERTS),
        "gateway": ({Path("gateway.yaml"): gateway(defaults).options}, _CERTS, _CERTS),
    }
    found = {}
    for kind, (renderings, own, shown) in kinds.items():
        # Envoy looks for what a configuration names below the folder that it is started in.
        beside = Path("envoy", "rendered", "secure", "secrets", kind)
        secure = Secure(own=own, shown=shown, folder=beside, knows_neighbours=kind == "sidecar")
        for path, options in renderings.items():
            found[RENDERED / path] = options
            issuers = Issuers(_KEYS[kind]) if kind in _KEYS else None
            found[RENDERED / "secure" / path] = replace(options, secure=secure, issuers=issuers)
    return found


def _of_a_pod(certs: Path, environment: Environment) -> Secure:
    """A pod's Envoy and process have one certificate; only it lies between the pod's callers and the process."""
    return Secure(certs, certs, FOLDER_OF_ITS_OWN, trust_domain(environment), knows_neighbours=True)


def _of_the_edge(environment: Environment) -> Secure:
    shown = certs_dir(environment, "EDGE_CERTS_DIR")
    return Secure(certs_dir(environment), shown, FOLDER_OF_ITS_OWN, trust_domain(environment))


def _of_the_gateway(environment: Environment) -> Secure:
    """Behind a proxy that knows the mesh's authority its own certificate is enough."""
    own = certs_dir(environment)
    shown = certs_dir(environment, "EDGE_CERTS_DIR") if environment.text("EDGE_CERTS_DIR", "", prefixed=True) else own
    return Secure(own, shown, FOLDER_OF_ITS_OWN, trust_domain(environment))


def _neighbour(called: Service, environment: Environment, offset: int) -> Neighbour:
    return Neighbour(called, _pods(called, environment), called.grpc_port + offset)


def _pods(called: Service, environment: Environment) -> Sequence[Place]:
    return environment.addresses(f"{called.name.upper()}_PODS", f"{called.host}-headless:{INGRESS_PORT}")


def _common(environment: Environment, offset: int) -> dict[str, Any]:
    return {
        "listen_address": environment.numeric_address("ENVOY_HOST", EVERYWHERE),
        "loopback": environment.numeric_address("ENVOY_LOOPBACK", LOOPBACK),
        "admin_port": ADMIN_PORT + offset,
        "status_port": STATUS_PORT + offset,
        "access_log": read_access_log(environment),
        "cors_origins": _origins(environment),
        "collector": read_collector(environment),
    }


def _origins(environment: Environment) -> Sequence[str]:
    found = environment.text("CORS_ORIGINS", "").split()
    for origin in found:
        try:
            re.compile(origin)
        except re.error as error:
            raise SettingsError(
                f"MONTRG_CORS_ORIGINS holds {origin!r}, which is no regular expression: {error}; give whole origins, "
                r"divided by spaces, such as https://dashboard\.example\.com"
            ) from error
    return (*LOCAL_ORIGINS, *found)


def _deployed(options: RenderOptions, process: Place | None, drain_s: int, environment: Environment) -> Deployed:
    return Deployed(
        options=options,
        process=process,
        drain_s=environment.integer("DRAIN_S", drain_s, 0, MOST_DRAIN_S),
        log_level=environment.choice("ENVOY_LOG_LEVEL", LOG_LEVEL, LOG_LEVELS),
        levels_file=log_levels_file(environment),
    )
