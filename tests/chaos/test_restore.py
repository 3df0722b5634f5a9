"""A database that is dumped and restored into another cluster: consumers go on, or are told that they cannot."""

import subprocess
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.common.migrations.upgrade import upgrade
from services.local.cluster import find_binaries
from services.realtime.app import APP as REALTIME
from tests.chaos.tally import PASSWORD, ROLE, TABLES, login, tallying
from tests.conftest import PASSWORDS
from tests.support.mesh import eventually, running_mesh
from tests.support.postgres import temporary_postgres
from tests.support.reading_log import Measuring, append, prepare


@pytest.fixture(scope="module")
def clusters():
    """The admin's addresses of two clusters of the test's own."""
    with temporary_postgres() as first, temporary_postgres() as second:
        yield first, second


@pytest.fixture
def program(tmp_path):
    """Runs one of PostgreSQL's own programs on a database and returns what it says."""
    binaries = find_binaries(tmp_path, None)

    def run(name, url, *options, said=None):
        command = [str(binaries / name), "--dbname", url, *options]
        return subprocess.run(command, input=said, check=True, capture_output=True, timeout=60).stdout

    return run


def database(url, name):
    return make_url(url).set(database=name).render_as_string(hide_password=False)


class Restored:
    """A database with the mesh on it; a consumer that is at work only while a block lasts."""

    def __init__(self, url, target, connection):
        self._url = login(url)
        self._target = target
        self.connection = connection

    async def write(self, measuring, count):
        for _ in range(count):
            rows = measuring.rows(20)
            await append(self.connection, rows)
            measuring.acknowledge(rows)

    async def totals(self):
        rows = await self.connection.fetch("SELECT * FROM tally.total")
        return {row["sensor_id"]: (row["n"], row["hundredths"]) for row in rows}

    async def rebuilds(self):
        return await self.connection.fetchval("SELECT count(*) FROM tally.rebuild")

    async def generations(self):
        return await self.connection.fetchval("SELECT count(*) FROM realtime.log_generation")

    @asynccontextmanager
    async def tallying(self):
        async with tallying(self._url, self._target) as consumer:
            yield consumer

    async def come_to(self, totals):
        async def there():
            return await self.totals() == totals

        await eventually(there)


@asynccontextmanager
async def served(url):
    """Runs the mesh on a database, brought up to date as at every start."""
    await upgrade(url, PASSWORDS)
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT to_regnamespace('tally') IS NOT NULL"):
            await connection.execute(TABLES)
        await prepare(connection)
        await connection.execute(f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
        async with running_mesh(url) as mesh:
            yield Restored(url, mesh.url(REALTIME), connection)
    finally:
        await connection.close()


async def test_a_restored_database_is_gone_on_with_and_an_older_one_is_rebuilt_from(clusters, program):
    first, second = clusters
    measuring = Measuring([f"restored-{number}" for number in range(32)], seed=3)
    async with served(first) as old:
        async with old.tallying():
            await old.write(measuring, 20)
            await old.come_to(measuring.totals)
        at_the_older_dump = dict(measuring.totals)
        older = program("pg_dump", first, "--exclude-schema", "tally")
        await old.write(measuring, 10)
        async with old.tallying():
            await old.come_to(measuring.totals)
        await old.write(measuring, 10)  # what nobody had consumed at the time of the dump
        roles = program("pg_dumpall", first, "--roles-only", "--no-role-passwords")
        newer = program("pg_dump", first)
        cursors = program("pg_dump", first, "--schema", "tally")
        assert await old.generations() == 1

    program("psql", second, said=roles)
    program("psql", second, "-v", "ON_ERROR_STOP=1", said=newer)
    async with served(second) as restored:
        assert await restored.totals() != measuring.totals
        async with restored.tallying():
            await restored.come_to(measuring.totals)
            assert await restored.generations() == 1
            await restored.write(measuring, 5)
            await restored.come_to(measuring.totals)
        assert await restored.generations() == 2
        await restored.write(measuring, 5)
        async with restored.tallying():
            await restored.come_to(measuring.totals)
        assert await restored.rebuilds() == 1  # the very first one, on the first cluster

    program("psql", second, "-c", "CREATE DATABASE older")
    for dump in (older, cursors):
        program("psql", database(second, "older"), "-v", "ON_ERROR_STOP=1", said=dump)
    async with served(database(second, "older")) as ahead:
        async with ahead.tallying() as consumer:
            await ahead.come_to(at_the_older_dump)
            assert "OUT_OF_RANGE" in consumer.state.last_error
            measuring.totals = at_the_older_dump
            await ahead.write(measuring, 5)
            await ahead.come_to(measuring.totals)
        assert await ahead.rebuilds() == 2


RIGHTS = """
    SELECT grantee, table_schema, table_name, privilege_type FROM information_schema.role_table_grants
    WHERE grantee LIKE 'montrg\\_%'
"""


async def rights(url):
    connection = await asyncpg.connect(url)
    try:
        return set(await connection.fetch(RIGHTS))
    finally:
        await connection.close()


async def test_what_is_restored_into_a_new_database_belongs_to_the_roles_that_migrations_made_there_before(program):
    # In the order of docs/deploy.md: a dump has no roles, and rights of roles that are not there are lost.
    with temporary_postgres() as first, temporary_postgres() as second:
        await upgrade(first, PASSWORDS)
        dump = program("pg_dump", first, "--format=custom")
        await upgrade(second, PASSWORDS)
        program("pg_restore", second, "--clean", "--if-exists", said=dump)
        await upgrade(second, PASSWORDS)
        assert await rights(second) == await rights(first)
        assert len({right["grantee"] for right in await rights(second)}) == len(PASSWORDS)
