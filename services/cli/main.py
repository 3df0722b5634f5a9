"""The `montrg` command: what can be done by hand, one function a subcommand."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.catalog import SERVICES
from services.cli import aggregation, certs, commands, database, doctor, envoy, health, logs, token, watch

Command = Callable[[argparse.Namespace], int]

NAMES = [service.name for service in SERVICES]

_ENVIRONMENT = """
settings (environment):
  MONTRG_DATA_DIR       folder of everything that is kept (default: .data in the project's folder)
  MONTRG_DATABASE_URL   an administrator's login to a PostgreSQL server of your own, instead of the embedded one
  MONTRG_PORT_OFFSET    is added to every port (default: 0)
  MONTRG_WORKERS        processes of each service: 2 for all, or realtime=2,thresholds=3 and one of the others
                        (default: 1, at most 16; the second one listens 10 ports above the first, the third 20)
  MONTRG_REPLAY         on or off (default: on)
  MONTRG_PROFILE        dev or secure: with TLS everywhere, by certificates that `montrg certs` shows (default: dev)
  MONTRG_TRUST_DOMAIN   in secure: first part of the SPIFFE ids in certificates (default: flet-montrg)
  MONTRG_RATE_PER_IDENTITY, MONTRG_RATE_PER_ADDRESS
                        calls a second of one person or device key, and of one address; 0 for any number (default: 0;
                        secure: 200 and 1000)
  MONTRG_ACCESS_LOG     file that gets one JSON line a request from Envoy; /dev/stdout is its log in the data folder
                        (default: none)
  MONTRG_LOG_CLIENT_ADDRESS
                        on or off: whether these lines tell the caller's address (default: off)
  MONTRG_WEBHOOK_ALLOW  networks in which webhooks may be in secure, such as 127.0.0.0/8,10.20.0.0/16
  MONTRG_OIDC_ISSUER    in secure: an OIDC issuer whose tokens count beside those of `montrg token`; it takes
                        MONTRG_OIDC_JWKS_URL, too (`montrg envoy edge --help` tells of them)

What else a service reads is in its env.example, and is handed on to it.
"""


@dataclass(frozen=True, slots=True)
class _Adder:
    """Adds subcommands that all look alike."""

    group: "argparse._SubParsersAction[argparse.ArgumentParser]"

    def add(self, name: str, run: Command, words: str, epilog: str | None = None) -> argparse.ArgumentParser:
        parser = self.group.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run)
        return parser


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="montrg",
        description="Watches the perceived temperature in factories.",
        epilog="`montrg COMMAND --help` tells more about a command.",
    )
    top = _Adder(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
    up = top.add("up", commands.up, "run everything on this machine until Ctrl-C", _ENVIRONMENT)
    up.add_argument("--no-replay", action="store_true", help="send no weather-station readings into the mesh")
    _add_service(top.add("serve", commands.serve, "run one service; its README lists its settings"))
    _add_service(top.add("health", health.health, "ask a service's process on this machine whether it is ready"))
    doctor.add_doctor_arguments(
        top.add("doctor", doctor.doctor, "say what is wrong with the mesh, and what mends it", doctor.DOCTOR)
    )
    doctor.add_status_arguments(top.add("status", doctor.status, "show how the mesh is, in one screen", doctor.STATUS))
    words = "show what is measured and alerted as it comes, on a terminal"
    watch.add_arguments(top.add("watch", watch.watch, words, watch.EPILOG))
    top.add("replay", commands.replay, "replay a year of weather-station readings into a running mesh", _REPLAY)
    words = "write what Prometheus on this machine needs to watch the mesh"
    monitoring = top.add("monitoring", commands.monitoring, words, _MONITORING)
    monitoring.add_argument("folder", metavar="DIR", help="where prometheus.yml, rules/ and dashboards/ are written")
    words = "where alerts lead people, such as https://wiki.example.com/runbooks (default: the files of this checkout)"
    monitoring.add_argument("--runbooks", metavar="URL", default="", help=words)
    db = _group(top, "db", "work on the database")
    db.add("upgrade", database.upgrade, "bring the database to the newest schema", _UPGRADE)
    _add_service(db.add("wait", database.wait, "wait until the database is ready for a service", _WAIT))
    token.add_arguments(top.add("token", token.token, "give out a token, by which a person signs in", token.EPILOG))
    group = _group(top, "logs", "change how much a running mesh says")
    logs.add_arguments(group.add("level", logs.level, "have a logger say more or less, from now on", logs.EPILOG))
    group.add("show", logs.show, "list what was changed, and until when")
    _add_certs(_group(top, "certs", "work on the certificates of the secure profile"))
    _add_envoy(_group(top, "envoy", "run Envoy, or write its configuration"))
    _add_aggregation(_group(top, "aggregation", "work on the hours, days and months"))
    return parser


def _add_certs(group: _Adder) -> None:
    group.add("show", certs.show, "list the certificates, for whom and until when", certs.SETTINGS)
    rotate = group.add("rotate", certs.rotate, "give everybody a new certificate, before it is time", certs.ROTATE)
    rotate.add_argument("--ca", action="store_true", help="of a new authority")
    group.add("keep", certs.keep, "make what is missing and renew what is due, until a signal", certs.KEEP)
    words = "make one more certificate, and print its folder"
    issue = group.add("issue", certs.issue, words, certs.ISSUE)
    issue.add_argument("name", metavar="NAME", help="a service, or another name: what spiffe://flet-montrg/NAME says")
    issue.add_argument("--dns", action="append", default=[], metavar="HOST", help="a host name of it; may be repeated")
    issue.add_argument("--ip", action="append", default=[], metavar="ADDRESS", help="an address of it; may be repeated")


def _add_envoy(group: _Adder) -> None:
    render = group.add("render", envoy.render, "write Envoy's configuration from the catalog and contracts")
    render.add_argument("--out", metavar="FILE", help="the file to write (default: envoy/rendered/local.yaml)")
    words = "run the Envoy beside a service's process, as in a pod, until a signal; it drains before it ends"
    sidecar = group.add("sidecar", envoy.run_sidecar, words, envoy.SIDECAR)
    _add_service(sidecar)
    words = "run one Envoy in front of all services until a signal; it drains before it ends"
    edge = group.add("edge", envoy.run_edge, words, envoy.EDGE)
    words = "run one Envoy in front of the pods of all services, with the dashboard, until a signal"
    gateway = group.add("gateway", envoy.run_gateway, words, envoy.GATEWAY)
    for command in (sidecar, edge, gateway):
        command.add_argument("--render", metavar="FILE", help="only write the configuration")


def _add_service(command: argparse.ArgumentParser) -> None:
    """Asks for a service; in an image of one service that one is meant."""
    default = os.environ.get("MONTRG_SERVICE") or None
    command.add_argument(
        "service",
        choices=NAMES,
        nargs="?" if default else None,
        default=default,
        help="one of %(choices)s; where MONTRG_SERVICE is set it may be left out",
        metavar="SERVICE",
    )


def _add_aggregation(group: _Adder) -> None:
    words = "make rollups anew from the readings, and wait until that is done"
    backfill = group.add("backfill", aggregation.backfill, words, _AGGREGATION)
    backfill.add_argument(
        "--no-wait", action="store_true", help="only ask for it; it goes on in the service either way"
    )
    verify = group.add(
        "verify", aggregation.verify, "compare rollups with their readings; changes nothing", _AGGREGATION
    )
    for command in (backfill, verify):
        command.add_argument(
            "--start", metavar="YYYYMMDD", help="first day at the site (default: that of the first reading)"
        )
        command.add_argument(
            "--end", metavar="YYYYMMDD", help="last day at the site (default: that of the last reading)"
        )


_AGGREGATION = """
settings (environment):
  AGGREGATION_SERVICE_URL   host:port of the service, also with http:// before it, and several divided by commas
                            (default: Envoy's port on this machine)
  MONTRG_PORT_OFFSET        is added to that port, as `montrg up` has it (default: 0)
  MONTRG_PROFILE            dev or secure, as `montrg up` has it (default: dev)
  MONTRG_CA_FILE            in secure: who signs what the mesh shows (default: certs/ca/ca.crt in the data folder)
"""
_REPLAY = """
settings (environment):
  LOCATION_SERVICE_URL, REALTIME_SERVICE_URL   host:port of the mesh, also with http:// before it, and several
                                               divided by commas (default: Envoy's ports on this machine)
  MONTRG_DATA_DIR                              folder of the state that lets a second run go on
  MONTRG_PROFILE                               dev or secure (default: dev)
  MONTRG_CA_FILE                               in secure: who signs what the mesh shows (default: certs/ca/ca.crt
                                               in the data folder)
"""
_MONITORING = """
Start Prometheus beside `montrg up` with the configuration that it prints; a process more is found by itself. The files
are a copy: run it again after an update, or when a setting has changed. dashboards/ is for Grafana.

settings (environment):
  MONTRG_PORT_OFFSET   is added to the port of the figures, as `montrg up` has it (default: 0)
  MONTRG_PROFILE       dev or secure, as `montrg up` has it (default: dev)
  MONTRG_DATA_DIR      in secure: folder of the certificates, which `montrg up` makes
"""
_UPGRADE = """
settings (environment):
  MONTRG_DATABASE_URL   an administrator's login; required (`montrg up` migrates its embedded database itself)
  MONTRG_ROLES_DIR      folder with a file for each service, named as the service, with its DATABASE_URL in it:
                        the service's role gets the password that it has there
  MONTRG_DATA_DIR       without that: folder of roles.json, which holds the roles' passwords and is made if missing
"""
_WAIT = """
It returns when the database answers and the service's schema is at the version that this program brings or at a
newer one, and says what it waits for every few seconds.

settings (environment):
  DATABASE_URL   the service's own login; required
"""


def _group(top: _Adder, name: str, words: str) -> _Adder:
    parser = top.group.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    return _Adder(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; what went wrong is one message on standard error."""
    parsed = build_parser().parse_args(arguments)
    run: Command = parsed.run
    try:
        return run(parsed)
    except commands.expected_errors() as error:
        print(f"montrg: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before a command listens to signals itself
        return 128 + signal.SIGINT
