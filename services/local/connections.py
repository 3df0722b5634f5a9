"""The budget of database connections: what all workers together may open has to fit into the server."""

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.common.database import MAX_OVERFLOW
from services.common.settings import SettingsError
from services.local.postgres import MAX_CONNECTIONS
from services.local.settings import LocalSettings

# A worker may follow notifications over two connections beside its pool, and hold one more for a lock.
BESIDE_POOL = 3
# The server's own reserve for administrators, the migrations, and a person who looks.
KEPT_FREE = 13
# Shared memory grows with each, used or not; more than this is no longer a matter of one machine.
MOST = 1000

_FREE = text(
    "SELECT CAST(current_setting('max_connections') AS integer)"
    " - CAST(current_setting('superuser_reserved_connections') AS integer)"
    " - CAST(coalesce(current_setting('reserved_connections', true), '0') AS integer)"
)


def needed(settings: LocalSettings) -> int:
    """Returns how many connections all workers together open at most."""
    return sum(settings.workers.values()) * (settings.pool_size + MAX_OVERFLOW + BESIDE_POOL)


def for_embedded(settings: LocalSettings) -> int:
    """Returns the `max_connections` of the embedded server; a SettingsError where it would be too many."""
    wanted = max(MAX_CONNECTIONS, needed(settings) + KEPT_FREE)
    if wanted > MOST:
        raise SettingsError(_too_many(settings, MOST - KEPT_FREE) + "lower MONTRG_POOL_SIZE or MONTRG_WORKERS")
    return wanted


async def require(settings: LocalSettings, admin_url: str) -> None:
    """Raises SettingsError where a server of the user's own takes fewer connections than needed."""
    engine = create_async_engine(make_url(admin_url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            free = int((await connection.execute(_FREE)).scalar_one())
    finally:
        await engine.dispose()
    if needed(settings) > free:
        raise SettingsError(
            _too_many(settings, free)
            + "lower MONTRG_POOL_SIZE or MONTRG_WORKERS, or raise the server's max_connections"
        )


def _too_many(settings: LocalSettings, free: int) -> str:
    return (
        f"{sum(settings.workers.values())} workers with up to "
        f"{settings.pool_size + MAX_OVERFLOW + BESIDE_POOL} database connections each may open {needed(settings)}, "
        f"and the server takes {free} of them: "
    )
