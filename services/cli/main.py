"""The command `montrg`: runs the mesh, or a part of it, by hand."""

import argparse
import asyncio
import os
import runpy
import sys
from pathlib import Path

from services import catalog

ROOT = Path(__file__).resolve().parent.parent.parent


def build_parser() -> argparse.ArgumentParser:
    """Builds the command's grammar."""
    parser = argparse.ArgumentParser(prog="montrg", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="run everything on this machine until Ctrl-C")
    up.add_argument("--no-replay", action="store_true", help="send no recorded readings")
    up.set_defaults(run=_up)

    serve = commands.add_parser("serve", help="run one service, with settings from the environment")
    serve.add_argument("service", choices=[s.name for s in catalog.SERVICES])
    serve.set_defaults(run=_serve)

    database = commands.add_parser("db", help="manage the database")
    database_commands = database.add_subparsers(required=True, metavar="ACTION")
    upgrade = database_commands.add_parser(
        "upgrade", help="create roles and schemas and migrate; MONTRG_DATABASE_URL is the admin's login"
    )
    upgrade.set_defaults(run=_upgrade)

    envoy = commands.add_parser("envoy", help="manage Envoy's configuration")
    envoy_commands = envoy.add_subparsers(required=True, metavar="ACTION")
    render = envoy_commands.add_parser("render", help="write Envoy's configuration for this machine")
    render.add_argument("--out", type=Path, required=True, help="the file to write")
    render.set_defaults(run=_render)
    return parser


def main() -> None:
    """Runs the command line; a failure that the user can mend is one line and exit code 1."""
    arguments = build_parser().parse_args()
    arguments.run(arguments)


def data_dir() -> Path:
    """The folder of everything that must survive: MONTRG_DATA_DIR, or `.data` in the project."""
    return Path(os.environ.get("MONTRG_DATA_DIR") or ROOT / ".data").resolve()


def _up(arguments: argparse.Namespace) -> None:
    from services.cli.progress import progress
    from services.local.children import ChildError
    from services.local.up import UpOptions, up

    own = os.environ.get("MONTRG_DATABASE_URL")
    options = UpOptions(data_dir(), own, not arguments.no_replay, say=_say, progress=progress())
    try:
        asyncio.run(up(options))
    except ChildError as error:
        sys.exit(f"montrg: {error}")


def _say(line: str) -> None:
    print(line, flush=True)


def _serve(arguments: argparse.Namespace) -> None:
    runpy.run_module(f"services.{arguments.service}", run_name="__main__")


def _upgrade(_: argparse.Namespace) -> None:
    from services.common.migrations.upgrade import upgrade
    from services.common.settings import Environment, SettingsError
    from services.local.roles import role_passwords

    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        url = Environment().text("DATABASE_URL")
    except SettingsError as error:
        sys.exit(f"montrg: {error}")
    asyncio.run(upgrade(url, role_passwords(folder / "roles.json")))
    print(f"migrated; the roles' passwords are in {folder / 'roles.json'}")


def _render(arguments: argparse.Namespace) -> None:
    from services.mesh.options import RenderOptions
    from services.mesh.render import write_config

    write_config(RenderOptions(root=ROOT), arguments.out)
    print(f"written: {arguments.out}")
