"""The mesh and a consumer's own schema in the module's database."""

import pytest

from services.realtime.app import APP as REALTIME
from tests.chaos.tally import TABLES, login
from tests.support.mesh import running_mesh
from tests.support.reading_log import prepared


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection to a database with the consumer's tables."""
    async with prepared(admin_url, TABLES) as connection:
        yield connection


@pytest.fixture(scope="module")
def tally_url(admin_url, connection):
    """The consumer's login."""
    return login(admin_url)


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    """The services that write the log and serve it."""
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def target(mesh):
    """Where the log is served."""
    return mesh.url(REALTIME)
