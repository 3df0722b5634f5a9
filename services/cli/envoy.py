"""What `montrg envoy` does: runs the Envoys of a deployment, and writes configurations."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.mesh.deployed import Deployed

_COMMON = """\
  MONTRG_ENVOY_HOST        numeric address that callers reach it at (default: 0.0.0.0, all)
  MONTRG_ENVOY_LOOPBACK    numeric address of all that only this machine may reach (default: 127.0.0.1)
  MONTRG_PORT_OFFSET       is added to every port that Envoy listens on (default: 0)
  MONTRG_ACCESS_LOG        file that gets one JSON line a request, such as /dev/stdout (default: none)
  MONTRG_LOG_CLIENT_ADDRESS   on or off: whether these lines tell the caller's address (default: off)
  MONTRG_LOG_LEVELS_FILE   file with levels of loggers, which counts while it runs (default: none)
  MONTRG_ENVOY_LOG_LEVEL   trace, debug, info, warning, error, critical or off (default: warning)
  MONTRG_PROFILE           dev or secure (default: dev); secure has TLS on every port that others reach
  MONTRG_CERTS_DIR         in secure: folder with tls.crt, tls.key and ca.crt, which Envoy calls others with
  MONTRG_TRUST_DOMAIN      in secure: first part of the SPIFFE ids in certificates (default: flet-montrg)
  MONTRG_CORS_ORIGINS      regular expressions, divided by spaces, of the origins whose pages may call, beside this
                           machine's own, such as https://dashboard\\.example\\.com
  MONTRG_RATE_PER_IDENTITY calls a second of one person or device key; 0 for any number (default: 0; secure: 200)
  MONTRG_RATE_PER_ADDRESS  calls a second of one address, and in secure a twentieth of them without credentials; 0 for
                           any number (default: 0; secure: 1000)
  MONTRG_TRUSTED_HOPS      proxies in front, whose x-forwarded-for says where a call comes from (default: 0)
  MONTRG_JWKS_FILE         in secure: file with the public keys of `montrg token`, whose tokens then count
  MONTRG_OIDC_ISSUER, MONTRG_OIDC_JWKS_URL, MONTRG_OIDC_AUDIENCE, MONTRG_OIDC_CA_FILE
                           in secure: an OIDC issuer whose tokens count, the https address of its keys, for whom they
                           are (default: flet-montrg), and who signs what that address shows (default: whom the
                           machine trusts)
  MONTRG_OIDC_CLIENT_ID    in secure: what that issuer calls the dashboard, for people to sign in there (default: they
                           paste a token)
  OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG
                           where traces are told, over OTLP/gRPC (default: nowhere), whose certificate counts there, and
                           how many are told; see docs/observing.md
"""

SIDECAR = f"""
ports: 8000 takes REST, gRPC and gRPC-Web; 8001 answers /ready, /metrics and /stats/prometheus; on the loopback address
9901 is the admin interface, and each neighbour that the service calls is at that neighbour's own gRPC port.

At SIGTERM it serves on, and each answer has its caller go elsewhere. It ends once the service's process has ended and
no call is under way, so that process should get its own SIGTERM when no caller knows the pod any more. A second one
ends it at once.

settings (environment):
  MONTRG_DRAIN_S           seconds after SIGTERM at which it ends anyway, longer than the service needs (default: 30)
  MONTRG_ENVOY_HEAP_MIB    what Envoy may take before it says no to calls, less than its container may (default: 400)
  MONTRG_PORT              the gRPC port of the service's process (default: the service's own, such as 50051)
  MONTRG_THRESHOLDS_PODS   host:port of a neighbour's Envoys, as a name that resolves to all of them, or several that
                           commas divide (default: thresholds-service-headless:8000); and so on for each neighbour
{_COMMON}"""

EDGE = f"""
ports: 30000 has the dashboard, and REST, gRPC and gRPC-Web of every service; 30001 to 30006 take those of one service
each; 8001 answers /ready, /metrics, /targets and /stats/prometheus; on the loopback address 9901 is the admin
interface.

At SIGTERM it ends once no call is under way. A second one ends it at once.

settings (environment):
  MONTRG_DRAIN_S           seconds after SIGTERM at which it ends in any case (default: 5)
  MONTRG_EDGE_CERTS_DIR    in secure: folder with the certificate that callers see
  MONTRG_ENVOY_HEAP_MIB    what Envoy may take before it says no to calls, less than its container may (default: 1024)
  MONTRG_SITE_TZ           the site's time zone, in which the dashboard shows times (default: Asia/Seoul)
  THRESHOLDS_SERVICE_URL   host:port of a service's processes, as a name that resolves to all of them, or several that
                           commas divide (default: thresholds-service:50051); and so on for each service
{_COMMON}"""


GATEWAY = f"""
ports: 8000 has the dashboard, and REST, gRPC and gRPC-Web of every service; 8001 answers /ready and /stats/prometheus;
on the loopback address 9901 is the admin interface. It sends to the Envoys of the services' pods, which verify tokens.

At SIGTERM it ends once no call is under way, so its pod should get it when no caller knows the pod any more. A second
one ends it at once.

settings (environment):
  MONTRG_DRAIN_S           seconds after SIGTERM at which it ends in any case (default: 30)
  MONTRG_EDGE_CERTS_DIR    in secure: folder with the certificate that callers see (default: MONTRG_CERTS_DIR)
  MONTRG_ENVOY_HEAP_MIB    what Envoy may take before it says no to calls, less than its container may (default: 400)
  MONTRG_SITE_TZ           the site's time zone, in which the dashboard shows times (default: Asia/Seoul)
  MONTRG_THRESHOLDS_PODS   host:port of a service's Envoys, as a name that resolves to all of them, or several that
                           commas divide (default: thresholds-service-headless:8000); and so on for each service
{_COMMON}"""


def render(arguments: argparse.Namespace) -> int:
    """Writes the configuration of a single machine's Envoy."""
    from services.mesh.deployed import LOCAL, ONE_MACHINE
    from services.mesh.render import write_config

    destination = Path(arguments.out) if arguments.out else LOCAL
    write_config(ONE_MACHINE, destination)
    print(destination)
    return 0


def run_sidecar(arguments: argparse.Namespace) -> int:
    """Runs the Envoy of a service's pod until a signal."""
    from services.common.settings import Environment
    from services.mesh.deployed import sidecar

    return _run(sidecar(arguments.service, Environment()), ["sidecar", arguments.service], arguments.render)


def run_edge(arguments: argparse.Namespace) -> int:
    """Runs an Envoy in front of all services until a signal."""
    from services.common.settings import Environment
    from services.mesh.deployed import edge

    return _run(edge(Environment()), ["edge"], arguments.render)


def run_gateway(arguments: argparse.Namespace) -> int:
    """Runs the Envoy in front of all pods until a signal."""
    from services.common.settings import Environment
    from services.mesh.deployed import gateway

    return _run(gateway(Environment()), ["gateway"], arguments.render)


def _run(deployed: "Deployed", words: list[str], destination: str | None) -> int:
    """Runs an Envoy, or only writes its configuration, which the process that runs one has another one do."""
    if destination is None:
        from services.mesh.foreground import run

        return run(deployed, [sys.executable, "-m", "services.cli", "envoy", *words, "--render"])
    from services.mesh.options import ROOT
    from services.mesh.render import write_config

    file = Path(destination).absolute()
    write_config(dataclasses.replace(deployed.options.written_to(file.parent), root=ROOT), file)
    return 0
