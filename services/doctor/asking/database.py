"""Asks PostgreSQL, as an administrator or as any role: what a role may not see is as if it were not there."""

import time
from contextlib import suppress

import asyncpg

from services.catalog import SERVICES
from services.common.database_url import plain_url
from services.doctor.facts import Database

CONNECT_S = 3.0
SETTINGS = (
    "autovacuum",
    "default_transaction_read_only",
    "fsync",
    "full_page_writes",
    "idle_session_timeout",
    "max_connections",
    "reserved_connections",
    "shared_buffers",
    "superuser_reserved_connections",
    "synchronous_commit",
    "TimeZone",
)
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"
_TIMESCALE = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
# Readings of the last minutes by the log's own totals, and how many bytes the whole database has for each reading.
# Nothing where that is too little to tell: just after the start, when a history may have been imported, or of a small
# database, which holds more of other things.
_GROWTH = """
SELECT (max(readings_total) - min(readings_total)) * 86400.0
    / nullif(extract(epoch FROM max(append_time) - min(append_time)), 0)
    * pg_database_size(current_database()) / nullif((
        SELECT sum(greatest(c.reltuples, 0)) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'realtime.readings'::regclass
    ), 0)
FROM realtime.reading_log WHERE append_time > clock_timestamp() - interval '20 minutes'
HAVING max(append_time) - min(append_time) > interval '10 minutes'
    AND pg_database_size(current_database()) > 1000000000
"""
_UNSEEN = (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)


async def ask_database(url: str) -> Database:
    """Returns what the server says; raises what asyncpg raises."""
    connection = await asyncpg.connect(
        plain_url(url), timeout=CONNECT_S, server_settings={"application_name": "doctor"}
    )
    try:
        return await _ask(connection)
    finally:
        # A server that hangs does not take a farewell either.
        connection.terminate()


async def _ask(connection: asyncpg.Connection) -> Database:
    growth = None
    with suppress(*_UNSEEN):
        growth = await connection.fetchval(_GROWTH)
    return Database(
        version=(await connection.fetchval("SHOW server_version")).split()[0],
        timescale=await connection.fetchval(_TIMESCALE),
        revisions={service.name: await _revision(connection, service.name) for service in SERVICES},
        settings={row["name"]: row["setting"] for row in await connection.fetch(_SETTINGS, SETTINGS)},
        is_standby=await connection.fetchval("SELECT pg_is_in_recovery()"),
        skew_s=await _skew(connection),
        connections=await connection.fetchval(_CONNECTIONS),
        bytes=await connection.fetchval("SELECT pg_database_size(current_database())"),
        bytes_per_day=None if growth is None else float(growth),
    )


async def _revision(connection: asyncpg.Connection, schema: str) -> str | None:
    with suppress(*_UNSEEN):
        found: str | None = await connection.fetchval(f"SELECT version_num FROM {schema}.alembic_version")  # noqa: S608
        return found
    return None


async def _skew(connection: asyncpg.Connection) -> float:
    """Returns by how much the server is ahead, to within half of the time that it takes to ask."""
    before = time.time()
    theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(theirs) - (before + time.time()) / 2
