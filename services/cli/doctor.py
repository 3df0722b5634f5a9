"""What `montrg doctor` and `montrg status` do: say what is wrong and what mends it, and how everything is."""

import argparse
import asyncio

from services.cli.consoles import console

_ONLY_JSON = "--json is missing: the image of a service prints nothing else; give it"
_WHERE = """\
settings (environment):
  MONTRG_DATA_DIR, MONTRG_PORT_OFFSET, MONTRG_WORKERS, MONTRG_PROFILE   as `montrg up` has them, whose mesh is asked
  MONTRG_DATABASE_URL   a login to the database, best an administrator's (default: the embedded one of `montrg up`)
  MONTRG_TOKEN, MONTRG_TOKEN_FILE   in secure: a token of a person who may see everything (default: one that is made
                        where the mesh's own issuer is)
  MONTRG_CA_FILE        in secure: who signs what the mesh shows (default: certs/ca/ca.crt in the data folder)
  MONTRG_<SERVICE>_SERVICE_URL   host:port at which an Envoy serves a service, such as MONTRG_ALERT_SERVICE_URL
"""

DOCTOR = f"""
Each part has its own limit on time: it works, and is most of use, while parts are down. What cannot be asked is said to
be unknown, with the cause.

exit code: 0 where nothing fails; 1 with --strict where anything is not well; 2 where something fails

{_WHERE}"""
STATUS = f"""
Rates are those of the last second, or of the time since the last look.

{_WHERE}"""


def add_url(command: argparse.ArgumentParser) -> None:
    """Adds where a mesh is that is not this machine's."""
    command.add_argument(
        "--url",
        default="",
        help="a mesh elsewhere: the address of its gateway, https://host:port, or the host of an Envoy at the edge",
    )


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what both commands take."""
    add_url(command)
    command.add_argument(
        "--status-url",
        action="append",
        default=[],
        metavar="URL",
        help="the status port of an Envoy of that mesh, such as http://127.0.0.1:8001 in a pod; may be repeated",
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def add_doctor_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what `montrg doctor` takes."""
    add_arguments(command)
    command.add_argument("--strict", action="store_true", help="return 1 also where there are only warnings")


def add_status_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what `montrg status` takes."""
    add_arguments(command)
    command.add_argument(
        "--watch", nargs="?", type=float, const=2.0, metavar="SECONDS", help="look again every so often (default: 2)"
    )


def doctor(arguments: argparse.Namespace) -> int:
    """Prints every finding; returns 2 where something fails."""
    from services.doctor.domain import exit_code
    from services.doctor.report import examine
    from services.doctor.where import read_where

    findings = asyncio.run(examine(read_where(arguments.url, arguments.status_url)))
    if arguments.json:
        from services.doctor.printer import as_json

        print(as_json(findings))
    else:
        from services.doctor.printer import show

        show(findings, console(_ONLY_JSON))
    return exit_code(findings, is_strict=arguments.strict)


def status(arguments: argparse.Namespace) -> int:
    """Shows how everything is, once or until Ctrl-C."""
    from services.common.settings import SettingsError
    from services.doctor import looks
    from services.doctor.where import read_where

    if arguments.watch is not None and not 0 < arguments.watch <= 3600:
        raise SettingsError(f"--watch is {arguments.watch:g}; give seconds, more than 0 and at most 3600")
    where = read_where(arguments.url, arguments.status_url)
    if arguments.json:
        print(looks.as_json(asyncio.run(looks.one_look(where))))
        return 0
    shown_on = console(_ONLY_JSON)
    from services.doctor import screen

    if arguments.watch is None:
        screen.show(asyncio.run(looks.one_look(where)), shown_on)
    else:
        asyncio.run(screen.watch(where, shown_on, arguments.watch))
    return 0
