"""A real PostgreSQL for the whole run, with a migrated database for each test module that asks for one."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from sqlalchemy.engine import make_url

from services import catalog
from services.common.migrations.upgrade import upgrade
from services.common.settings import Environment, ServiceSettings, read_service_settings
from tests.support.postgres import temporary_postgres

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

PASSWORDS = {service.name: secrets.token_hex(8) for service in catalog.SERVICES}


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The admin's address of a PostgreSQL server: the user's own, or an embedded one."""
    own = os.environ.get("MONTRG_TEST_DATABASE_URL")
    if own:
        yield own
        return
    with temporary_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def admin_url(server_url: str) -> Iterator[str]:
    """The admin's address of a fresh, migrated database."""
    name = f"test_{secrets.token_hex(6)}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name}"))
    asyncio.run(upgrade(url, PASSWORDS))
    yield url
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


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
