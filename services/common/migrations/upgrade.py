"""Brings a database to the newest schema: roles, schemas, rights, then each service's Alembic migrations."""

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services import catalog
from services.common.database_url import sqlalchemy_url

SERVICES = Path(__file__).resolve().parents[2]
LOCK = 4_711_000  # any number that every migrator agrees on

log = logging.getLogger(__name__)


async def upgrade(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Migrates every service of the catalog.

    Args:
        admin_url: a login that may create roles and schemas in the database.
        passwords: the password of each service's role, by service name; they are set anew each time.

    Two migrators at once are safe: the second one waits for the first, and then finds nothing to do.
    """
    engine = create_async_engine(sqlalchemy_url(admin_url))
    try:
        async with engine.connect() as lock:
            # A session lock on a connection of its own: it goes with the connection, even after kill -9.
            await lock.execution_options(isolation_level="AUTOCOMMIT")
            await lock.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            for service in catalog.SERVICES:
                async with engine.begin() as connection:
                    await connection.run_sync(upgrade_service, service, passwords[service.name])
    finally:
        await engine.dispose()


def upgrade_service(connection: Connection, service: catalog.Service, password: str) -> None:
    """Migrates one service over a connection, in its transaction; `upgrade` keeps other migrators away meanwhile."""
    _ensure_role(connection, service.role, password)
    for statement in _schema_statements(service):
        connection.execute(text(statement))
    # After a rollback a newer program has been here: what it made stays, and older programs work with it.
    if is_newer(service, _version(connection, service)):
        return
    config = _config(service)
    config.attributes.update(connection=connection, schema=service.name)
    command.upgrade(config, "head")


def newest(service: catalog.Service) -> str | None:
    """Returns the version of a service's schema that this program brings."""
    return _scripts(service).get_current_head()


def is_newer(service: catalog.Service, version: str | None) -> bool:
    """Tells whether a newer program made a service's schema: this one does not know the version. It logs so."""
    known = {script.revision for script in _scripts(service).walk_revisions()}
    if version is None or version in known:
        return False
    log.warning("the schema %s is at version %s, which is newer than %s", service.name, version, newest(service))
    return True


@cache
def _scripts(service: catalog.Service) -> ScriptDirectory:
    """Returns a service's migrations, read once: who waits for them asks about them over and over."""
    return ScriptDirectory.from_config(_config(service))


def _version(connection: Connection, service: catalog.Service) -> str | None:
    table = f"{service.name}.alembic_version"
    if connection.execute(text("SELECT to_regclass(:table)"), {"table": table}).scalar() is None:
        return None
    version: str | None = connection.execute(text(f"SELECT version_num FROM {table}")).scalar()
    return version


def _config(service: catalog.Service) -> Config:
    """Returns what Alembic has to know of a service's migrations."""
    config = Config()
    config.set_main_option("script_location", str(SERVICES / "common" / "migrations"))
    config.set_main_option("version_locations", str(SERVICES / service.name / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    return config


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
    # A utility statement takes no parameters: the server itself quotes the password.
    verb = "ALTER" if known else "CREATE"
    statement = connection.execute(
        text(
            "SELECT format('%s ROLE %I LOGIN PASSWORD %L',"
            " CAST(:verb AS text), CAST(:role AS text), CAST(:password AS text))"
        ),
        {"verb": verb, "role": role, "password": password},
    ).scalar_one()
    connection.exec_driver_sql(statement)


def _schema_statements(service: catalog.Service) -> tuple[str, ...]:
    schema, role = service.name, service.role
    return (
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        # What the migrations below create, the service may read and write, and nothing else.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role}",
        f"ALTER ROLE {role} SET search_path TO {schema}",
    )
