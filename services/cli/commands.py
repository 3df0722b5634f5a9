"""What each subcommand does. Each imports what only it needs, so that `montrg --help` is quick."""

import argparse
import asyncio
import dataclasses
import os
import sys


def up(arguments: argparse.Namespace) -> int:
    """Runs everything on this machine until a signal."""
    from rich.console import Console

    from services.local.settings import read_settings
    from services.local.up import up as run

    settings = read_settings()
    if arguments.no_replay:
        settings = dataclasses.replace(settings, replay=False)
    asyncio.run(run(settings, Console()))
    return 0


def serve(arguments: argparse.Namespace) -> int:
    """Becomes one service: its process replaces this one, so that signals reach it."""
    os.execv(sys.executable, [sys.executable, "-m", f"services.{arguments.service}"])  # noqa: S606 - no shell wanted


def replay(_: argparse.Namespace) -> int:
    """Replays readings until a signal."""
    from rich.console import Console

    from services.common import logs
    from services.common.settings import Environment, log_levels_file
    from services.local.settings import read_settings as read_local_settings
    from services.replay import progress
    from services.replay.app import read_settings
    from services.replay.app import replay as run

    logs.configure("replay", "INFO")
    with progress.shown(Console()) as update:
        settings = read_settings(read_local_settings().data_dir)
        asyncio.run(logs.with_levels("replay", log_levels_file(Environment()), run(settings, update)))
    return 0


def monitoring(arguments: argparse.Namespace) -> int:
    """Writes what a Prometheus of this machine needs."""
    import shlex
    from pathlib import Path

    from services.local.monitoring import command, write
    from services.local.settings import read_settings

    file = write(read_settings(), Path(arguments.folder).expanduser().absolute(), arguments.runbooks)
    print(shlex.join(command(file)))
    return 0


def expected_errors() -> tuple[type[Exception], ...]:
    """Returns what a user can mend, and is told in one message; anything else is a mistake of the program."""
    from services.certs.places import CertificatesError
    from services.cli.calls import CallError
    from services.common.errors import InvalidInputError
    from services.common.settings import SettingsError
    from services.local.children import ChildError
    from services.replay.state import StateError

    return (CallError, CertificatesError, InvalidInputError, SettingsError, ChildError, StateError)
