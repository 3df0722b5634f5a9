"""What `montrg db` does: migrates the database, and waits until it is."""

import argparse
import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path


def upgrade(_: argparse.Namespace) -> int:
    """Migrates the database of MONTRG_DATABASE_URL."""
    from services.common.settings import SettingsError
    from services.local.settings import read_settings

    settings = read_settings()
    if settings.database_url is None:
        raise SettingsError("MONTRG_DATABASE_URL is not set; give an administrator's login to your PostgreSQL server")
    _stop_at_sigterm()
    asyncio.run(_upgrade(settings.database_url, _passwords(settings.data_dir)))
    print("the database has the newest schema")
    return 0


def wait(arguments: argparse.Namespace) -> int:
    """Returns when the database is ready for the service."""
    from services.common import logs
    from services.common.migrations.waiting import wait as run
    from services.common.settings import Environment, read_service_settings

    settings = read_service_settings(arguments.service, Environment())
    logs.configure(arguments.service, settings.log_level)
    _stop_at_sigterm()
    asyncio.run(run(settings.service, settings.database_url))
    print(f"the database is ready for {arguments.service}")
    return 0


async def _upgrade(database_url: str, passwords: Mapping[str, str]) -> None:
    import asyncpg

    from services.common.database_url import plain_url
    from services.common.migrations.upgrade import upgrade as run
    from services.common.settings import SettingsError

    # Asked first, so that what is wrong with the login is not told among what may be wrong with a migration.
    try:
        connection = await asyncpg.connect(plain_url(database_url))
    except (OSError, asyncpg.CannotConnectNowError) as error:
        raise SettingsError(f"the database of MONTRG_DATABASE_URL does not answer: {error}") from error
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise SettingsError(f"the login of MONTRG_DATABASE_URL is refused: {error}") from error
    await connection.close()
    await run(database_url, passwords)


def _passwords(data_dir: Path) -> Mapping[str, str]:
    from services.local.roles import FILE_NAME, passwords_of_urls, role_passwords

    folder = os.environ.get("MONTRG_ROLES_DIR")
    if folder:
        return passwords_of_urls(Path(folder))
    data_dir.mkdir(parents=True, exist_ok=True)
    return role_passwords(data_dir / FILE_NAME)


def _stop_at_sigterm() -> None:
    """Has SIGTERM end the command as Ctrl-C does: it may be a container's first process, which ignores it otherwise."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
