"""A real PostgreSQL for the whole run, with a migrated database for each test module that asks for one."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from sqlalchemy.engine import make_url

from services import catalog
from services.common.migrations.upgrade import upgrade
from services.common.settings import Environment, ServiceSettings, read_service_settings
from tests.support.postgres import temporary_postgres

# Fixtures for tests of any folder.
pytest_plugins = ["tests.support.browser"]

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

# Tests start programs while threads of gRPC are at work: its handlers around a fork end every second child by a signal.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

OWN_SERVER = os.environ.get("MONTRG_TEST_DATABASE_URL")
PASSWORDS = {service.name: secrets.token_hex(8) for service in catalog.SERVICES}


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The admin's address of a PostgreSQL server: the user's own, or an embedded one."""
    if OWN_SERVER:
        yield OWN_SERVER
        return
    with temporary_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str | None]:
    """A migrated database that nobody connects to: to copy it takes a third of the time that the migrations do.

    None on a server of the user's own: a database with TimescaleDB has jobs at work in it, and cannot be copied.
    """
    if OWN_SERVER:
        yield None
        return
    with _database(server_url) as name:
        asyncio.run(upgrade(_in(server_url, name), PASSWORDS))
        yield name


@pytest.fixture(scope="module")
def admin_url(server_url: str, template: str | None) -> Iterator[str]:
    """The admin's address of a fresh, migrated database."""
    with _database(server_url, template) as name:
        url = _in(server_url, name)
        if template is None:
            asyncio.run(upgrade(url, PASSWORDS))
        yield url


@contextmanager
def _database(server_url: str, template: str | None = None) -> Iterator[str]:
    """Makes a database, empty or as another one is, and drops it in the end; gives its name."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    yield name
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


def _in(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def service_url(admin_url: str, name: str) -> str:
    """The address at which a service logs in with its own role."""
    role = catalog.service(name).role
    url = make_url(admin_url).set(username=role, password=PASSWORDS[name])
    return url.render_as_string(hide_password=False)


def settings_of(admin_url: str, name: str, **more: str) -> tuple[ServiceSettings, Environment]:
    """Settings of a service under test: port 0, no grace."""
    variables = {"MONTRG_DATABASE_URL": service_url(admin_url, name), "MONTRG_PORT": "0", "MONTRG_GRACE_S": "0"}
    environment = Environment(variables | more)
    return read_service_settings(name, environment), environment


@pytest.fixture(scope="module")
def location_database_url(admin_url: str) -> str:
    """The location service's address of the migrated database."""
    return service_url(admin_url, "location")


@pytest.fixture
def project_root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parent.parent
