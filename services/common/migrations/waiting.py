"""Waits until a service finds in its database what its migrations make: the role, the schema, the newest version."""

import asyncio
import logging
import time

import asyncpg

from services import catalog
from services.common.database_url import plain_url
from services.common.migrations.upgrade import is_newer, newest

CONNECT_TIMEOUT_S = 3.0
LOOK_EVERY_S = 0.5
TELL_EVERY_S = 5.0

log = logging.getLogger(__name__)


async def wait(service: catalog.Service, database_url: str) -> None:
    """Returns when the service's schema is at the version that this program brings, or at a newer one.

    What is still missing is logged when it changes and every few seconds. It is patient with everything, since all of
    it may come: the server, the database, the role and its password, which the migrations set.
    """
    told, told_at = "", 0.0
    while (missing := await _missing(service, database_url)) is not None:
        if missing != told or time.monotonic() - told_at > TELL_EVERY_S:
            log.info("waiting: %s", missing)
            told, told_at = missing, time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)


async def _missing(service: catalog.Service, database_url: str) -> str | None:
    """Returns what there is not yet, in words, or None."""
    try:
        connection = await asyncpg.connect(plain_url(database_url), timeout=CONNECT_TIMEOUT_S)
        try:
            version = await connection.fetchval(f"SELECT version_num FROM {service.name}.alembic_version")
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError):
        return f"the database has no schema {service.name} yet; `montrg db upgrade` makes it"
    except (OSError, asyncpg.PostgresError) as error:
        return f"the database does not take {service.role}: {error or type(error).__name__}"
    return _behind(service, version)


def _behind(service: catalog.Service, version: str | None) -> str | None:
    """Tells of a version that is older than the one that this program brings."""
    if version == newest(service) or is_newer(service, version):
        return None
    return f"the schema {service.name} is at version {version or 'none'}, and not yet at {newest(service)}"
