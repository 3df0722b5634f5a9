"""`montrg db`: the roles' passwords out of a folder, and waiting for the migrations, on a real PostgreSQL."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.catalog import SERVICES, service
from services.cli.main import main
from services.common.migrations.upgrade import newest, upgrade
from services.local.roles import passwords_of_urls
from tests.conftest import PASSWORDS, service_url
from tests.support.ports import free_port

THRESHOLDS = service("thresholds")


def url_of(admin_url: str, role: str, password: str) -> str:
    return make_url(admin_url).set(username=role, password=password).render_as_string(hide_password=False)


@pytest.fixture
def roles(tmp_path, admin_url):
    """A folder as the Job mounts it: a file for each service, with a password that needs quoting in an address."""
    folder = tmp_path / "roles"
    folder.mkdir()
    for known in SERVICES:
        (folder / known.name).write_text(url_of(admin_url, known.role, f"p@ss/{known.name}") + "\n")
    return folder


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def waiting(url: str) -> Iterator["subprocess.Popen[str]"]:
    """Runs `montrg db wait thresholds` as a container does."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("MONTRG_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "db", "wait", "thresholds"],
        env=known | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]") -> str:
    """The next line of its log."""
    assert process.stderr is not None
    return process.stderr.readline()


def test_upgrade_gives_each_role_the_password_of_its_file(roles, admin_url, monkeypatch, capsys):
    monkeypatch.setenv("MONTRG_DATABASE_URL", admin_url)
    monkeypatch.setenv("MONTRG_ROLES_DIR", str(roles))
    try:
        assert main(["db", "upgrade"]) == 0
        for known in SERVICES:
            asyncio.run(execute(url_of(admin_url, known.role, f"p@ss/{known.name}"), "SELECT 1"))
    finally:
        asyncio.run(upgrade(admin_url, PASSWORDS))  # a role is the whole server's
    assert "newest schema" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, "cannot be read"),
        ("sesame", "no such address"),
        ("postgresql://somebody:sesame@db/montrg", "the user there is somebody"),
        ("postgresql://montrg_thresholds@db/montrg", "no password"),
    ],
)
def test_upgrade_names_the_file_that_is_no_login_and_shows_no_password(
    roles, admin_url, monkeypatch, capsys, written, words
):
    monkeypatch.setenv("MONTRG_DATABASE_URL", admin_url)
    monkeypatch.setenv("MONTRG_ROLES_DIR", str(roles))
    path = roles / "thresholds"
    path.unlink()
    if written is not None:
        path.write_text(written)
    assert main(["db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert f"give postgresql://montrg_thresholds:password@host/database in {path}" in said
    assert "sesame" not in said


def test_upgrade_says_so_where_no_server_answers(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("MONTRG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MONTRG_DATABASE_URL", f"postgresql://montrg:sesame@127.0.0.1:{free_port()}/montrg")
    assert main(["db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("montrg: the database of MONTRG_DATABASE_URL does not answer: ")
    assert "sesame" not in said


def test_upgrade_says_so_where_the_login_is_refused(monkeypatch, capsys, tmp_path, admin_url):
    monkeypatch.setenv("MONTRG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MONTRG_DATABASE_URL", url_of(admin_url, "nobody", "sesame"))
    assert main(["db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("montrg: the login of MONTRG_DATABASE_URL is refused: password authentication failed")
    assert "sesame" not in said


def test_the_folder_of_roles_is_read_through_the_links_of_a_mounted_secret(roles):
    for known in SERVICES:
        (roles / known.name).rename(roles / f"..{known.name}")
        (roles / known.name).symlink_to(f"..{known.name}")
    assert passwords_of_urls(roles) == {known.name: f"p@ss/{known.name}" for known in SERVICES}


def test_wait_returns_at_once_where_the_schema_is_the_newest(admin_url, monkeypatch, capsys):
    monkeypatch.setenv("MONTRG_DATABASE_URL", service_url(admin_url, "thresholds"))
    assert main(["db", "wait", "thresholds"]) == 0
    assert "the database is ready for thresholds" in capsys.readouterr().out


def test_wait_returns_where_the_schema_is_newer_than_the_program(admin_url, monkeypatch, capsys):
    monkeypatch.setenv("MONTRG_DATABASE_URL", service_url(admin_url, "location"))
    asyncio.run(execute(admin_url, "UPDATE location.alembic_version SET version_num = '9999'"))
    assert main(["db", "wait", "location"]) == 0


def test_upgrade_leaves_a_schema_that_a_newer_program_made_as_it_is(roles, admin_url, monkeypatch):
    monkeypatch.setenv("MONTRG_DATABASE_URL", admin_url)
    monkeypatch.setenv("MONTRG_ROLES_DIR", str(roles))
    asyncio.run(execute(admin_url, "UPDATE location.alembic_version SET version_num = '9999'"))
    try:
        assert main(["db", "upgrade"]) == 0
    finally:
        asyncio.run(upgrade(admin_url, PASSWORDS))
    check = "DO $$ BEGIN ASSERT (SELECT version_num FROM location.alembic_version) = '9999'; END $$"
    asyncio.run(execute(admin_url, check))


def test_wait_goes_on_through_a_missing_server_until_the_database_is_migrated(server_url):
    name = f"wait_{secrets.token_hex(6)}"
    fresh = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    own = url_of(fresh, THRESHOLDS.role, PASSWORDS["thresholds"])
    with waiting(own) as process:
        try:
            assert "the database does not take montrg_thresholds" in told(process)
            asyncio.run(execute(server_url, f"CREATE DATABASE {name}"))
            asyncio.run(upgrade(fresh, PASSWORDS))
            assert process.wait(20) == 0
        finally:
            process.kill()
            asyncio.run(execute(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def test_wait_tells_of_an_older_schema_and_ends_at_the_newest(admin_url):
    last = newest(THRESHOLDS)
    asyncio.run(execute(admin_url, "UPDATE thresholds.alembic_version SET version_num = '0001'"))
    with waiting(service_url(admin_url, "thresholds")) as process:
        assert f"the schema thresholds is at version 0001, and not yet at {last}" in told(process)
        assert process.poll() is None
        asyncio.run(execute(admin_url, f"UPDATE thresholds.alembic_version SET version_num = '{last}'"))
        assert process.wait(20) == 0


def test_wait_repeats_what_it_waits_for_and_ends_at_sigterm():
    nowhere = f"postgresql://montrg_thresholds:sesame@127.0.0.1:{free_port()}/montrg"
    with waiting(nowhere) as process:
        first, second = told(process), told(process)
        assert "the database does not take montrg_thresholds" in first
        assert "the database does not take montrg_thresholds" in second
        assert "sesame" not in first + second
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGINT
