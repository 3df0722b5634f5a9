"""What `montrg watch` does: shows on a terminal what is measured and alerted, as it comes."""

import argparse
import asyncio
import re
from typing import TYPE_CHECKING

from services.cli.calls import CallError, away
from services.cli.consoles import console
from services.cli.doctor import add_url

if TYPE_CHECKING:
    import grpc
    from rich.console import Console

    from services.common.channels import Target
    from services.doctor.where import Where
    from services.watch.view import Watching

_NUMBER = re.compile(r"-?\d{1,10}", re.ASCII)

EPILOG = """
  montrg watch                            all places, the worst first, and the open alerts
  montrg watch --factory Press --floor 2  a part of them
  montrg watch --once                     one screen as text, for scripts and files

A level is a symbol, a word and a colour: o green, ! yellow, !! orange, !!! red, XXX critical in a terminal that knows
ASCII alone, and none of the colours with NO_COLOR=1. That of a place is the worst of its sensors that are not silent,
and that of a sensor the worst of perceived temperature, temperature (air) and humidity (hum), which it names where it
is not of the first. A number in parentheses is an old one: its sensor is silent, or the stream is not live. Ctrl-C ends
it.

exit code: 0; 1 where what there is could not be had

settings (environment):
  MONTRG_DATA_DIR, MONTRG_PORT_OFFSET, MONTRG_PROFILE   as `montrg up` has them, whose mesh is watched
  MONTRG_SITE_TZ        the site's time zone, as its services have it (default: Asia/Seoul)
  MONTRG_TOKEN, MONTRG_TOKEN_FILE   in secure: a token of a person (default: one that is made where the mesh's own
                        issuer is)
  MONTRG_CA_FILE        in secure: who signs what the mesh shows (default: certs/ca/ca.crt in the data folder)
  MONTRG_REALTIME_SERVICE_URL, MONTRG_ALERT_SERVICE_URL   host:port at which an Envoy serves these services
  NO_COLOR              anything but nothing: no colours
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what the command takes."""
    add_url(command)
    command.add_argument("--factory", metavar="NAME", help="only this factory")
    command.add_argument("--building", metavar="NAME", help="only the buildings of this name")
    words = "only the floors of this number, basements negative"
    command.add_argument("--floor", metavar="NUMBER", type=_floor, help=words)
    command.add_argument("--loc-id", metavar="LOC_ID", help="only this place")
    # Those of services.watch.tree, which a test compares.
    command.add_argument(
        "--sort", choices=("worst", "name"), default="worst", help="what comes first among neighbours (default: worst)"
    )
    command.add_argument("--once", action="store_true", help="print one screen as plain text, and end")


def _floor(words: str) -> int:
    """Reads an int32, as the contract has it."""
    if _NUMBER.fullmatch(words) and -(2**31) <= int(words) < 2**31:
        return int(words)
    raise argparse.ArgumentTypeError(f"{words!r} is no floor; give a whole number, such as -1 or 2")


def watch(arguments: argparse.Namespace) -> int:
    """Shows it, once or until Ctrl-C."""
    shown_on = console()
    from services.doctor.where import read_where
    from services.watch.domain import Wanted
    from services.watch.view import Watching

    where = read_where(arguments.url, ())
    wanted = Wanted(arguments.factory, arguments.building, arguments.floor, arguments.loc_id)
    watching = Watching(wanted, arguments.sort, where.environment.zone("SITE_TZ", "Asia/Seoul"))
    asyncio.run(_watch(where, watching, shown_on, is_once=arguments.once))
    return 0


async def _watch(where: "Where", watching: "Watching", shown_on: "Console", *, is_once: bool) -> None:
    import grpc

    from services.common.channels import connect
    from services.watch import view as views

    targets = {name: _target(where, name) for name in ("realtime", "alert")}
    async with connect(targets["realtime"]) as realtime, connect(targets["alert"]) as alert:
        view = views.View(watching, realtime, alert)
        try:
            await (views.once(view, shown_on) if is_once else views.watch(view, shown_on))
        except views.AwayError as error:
            raise away(error.link.name, targets[error.link.name].address, str(error), where.environment) from error
        except grpc.aio.AioRpcError as error:
            raise CallError(_refused(error)) from error


def _refused(error: "grpc.aio.AioRpcError") -> str:
    import grpc

    details = str(error.details())
    if error.code() is grpc.StatusCode.NOT_FOUND:
        return f"{details}; `montrg watch` without --factory, --building, --floor and --loc-id shows what there is"
    return details


def _target(where: "Where", name: str) -> "Target":
    from services.common.access.domain import Role
    from services.issuer.client import signed_in_target
    from services.issuer.domain import Grantee

    return signed_in_target(name, where.environment, where.settings.data_dir, Grantee("montrg", Role.VIEWER, ("*",)))
