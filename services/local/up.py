"""Runs the whole mesh on this machine until Ctrl-C: database, migrations, services, Envoy and the replay."""

import asyncio
import time

from rich.console import Console

from services.catalog import SERVICES
from services.common.migrations.upgrade import upgrade
from services.common.tasks import background
from services.local import connections, programs
from services.local.certificates import kept_fresh
from services.local.children import ChildError
from services.local.log_files import kept
from services.local.ports import reserved_ports
from services.local.postgres import EmbeddedPostgres
from services.local.processes import Supervisor
from services.local.roles import FILE_NAME as ROLES_FILE
from services.local.roles import role_passwords
from services.local.settings import HOST, LocalSettings
from services.local.welcome import welcome
from services.replay import progress, state

HEALTHY_WITHIN_S = 60.0
POLL_S = 0.1


async def up(settings: LocalSettings, console: Console) -> None:
    """Starts everything in order, says so, and stops it in reverse order at a signal."""

    def say(words: str) -> None:
        console.print(words, markup=False, highlight=False, soft_wrap=True)

    async with Supervisor(say) as mesh, reserved_ports(settings, say):
        try:
            await _run(settings, mesh, console, say)
        finally:
            say("stopping    everything, in reverse order")
    say("stopped")


async def _run(settings: LocalSettings, mesh: Supervisor, console: Console, say: progress.Say) -> None:
    """Starts everything and waits until a signal cancels it."""
    began = time.monotonic()
    say(f"data        {settings.data_dir}")
    async with kept_fresh(settings, say), background(kept(settings, mesh)):
        admin_url = await _start_database(settings, mesh, say)
        await _start_mesh(settings, mesh, admin_url, say)
        say(f"healthy     after {time.monotonic() - began:.1f} s")
        if settings.replay:
            await mesh.start(programs.replay(settings))
            await _show_import(settings, console)
            say("replay      real weather-station readings, one every 10 s a station")
        say(welcome(settings))
        await mesh.wait()


async def _start_database(settings: LocalSettings, mesh: Supervisor, say: progress.Say) -> str:
    """Returns the administrator's address of a running server."""
    if settings.database_url is not None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        say("database    the one of MONTRG_DATABASE_URL")
        await connections.require(settings, settings.database_url)
        return settings.database_url
    log = settings.data_dir / "logs" / "postgres.log"
    most = connections.for_embedded(settings)
    database = EmbeddedPostgres(settings.data_dir / "postgres", settings.database_port, log=log, max_connections=most)
    say(f"database    embedded PostgreSQL on {HOST}:{settings.database_port}")
    await mesh.start(database)
    return database.admin_url


async def _start_mesh(settings: LocalSettings, mesh: Supervisor, admin_url: str, say: progress.Say) -> None:
    """Migrates, starts the services and Envoy at once, and waits until every port is healthy."""
    passwords = role_passwords(settings.data_dir / ROLES_FILE)
    say("migrating   " + ", ".join(service.name for service in SERVICES))
    await upgrade(admin_url, passwords)
    commands = [c for s in SERVICES for c in programs.workers(s, settings, admin_url, passwords[s.name])]
    commands.append(programs.envoy(settings))
    say("starting    " + ", ".join(command.name for command in commands))
    await asyncio.gather(*map(mesh.start, commands))
    ports = [settings.gateway_port, *(settings.rest_port(service) for service in SERVICES)]
    try:
        async with asyncio.timeout(HEALTHY_WITHIN_S):
            await asyncio.gather(*(programs.until_healthy(port, settings) for port in ports))
    except TimeoutError:
        logs = settings.data_dir / "logs"
        raise ChildError(f"not every service is healthy after {HEALTHY_WITHIN_S:g} s; {logs} says why") from None


async def _show_import(settings: LocalSettings, console: Console) -> None:
    """Follows the replay's state, which it saves after each batch, until the history is imported."""
    path = settings.data_dir / state.FILE_NAME
    known = state.read(path)
    if known is not None and known.imported >= known.total:
        return
    with progress.shown(console) as update:
        while True:
            known = state.read(path)
            if known is not None:
                update(known.imported, known.total)
                if known.imported >= known.total:
                    return
            await asyncio.sleep(POLL_S)
