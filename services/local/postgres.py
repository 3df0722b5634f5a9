"""Runs an embedded PostgreSQL of one's own: a data folder and a port in, a database URL out.

The folder holds `cluster/` (the data), `password` (of the administrator, mode 0600), `lock`, and the binaries where
the virtual environment is closed to the server's system user.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from services.local.children import Account, log_mark, log_since, spawn
from services.local.cluster import (
    ADMIN,
    DATABASE,
    PostgresError,
    account_for,
    clear_leftovers,
    environment,
    find_binaries,
    initialise,
    make_folder,
)

__all__ = ["DEFAULT_PORT", "MAX_CONNECTIONS", "EmbeddedPostgres", "PostgresError"]

HOST = "127.0.0.1"
# Below 32768, where the kernel takes the ports of outgoing connections from.
DEFAULT_PORT = 30432
MAX_CONNECTIONS = 100
# Crash recovery replays at most max_wal_size; on a slow disk that takes minutes.
START_TIMEOUT = 300.0
STOP_GRACE = 30.0
_POLL = 0.02

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Without the values of keys and rows that an error is about: names and notes of people are among them.
    "log_error_verbosity": "terse",
}


class EmbeddedPostgres:
    """One PostgreSQL server on a folder of its own; also a `Child` of the process supervisor.

    By hand: `start()`, `stop()`, or a `with` statement, from the main thread, because the server stops when the
    thread that started it ends. A server that crashed is started by `start()` again. An instance is for one thread.
    """

    name = "postgres"
    # SIGINT is the fast shutdown; SIGQUIT the immediate one, from which the next start recovers.
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    ready_within = START_TIMEOUT

    def __init__(
        self,
        data_dir: Path,
        port: int = DEFAULT_PORT,
        *,
        log: Path | None = None,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        """Takes the folder of the database, made if it is missing, and where the server's log goes."""
        self._folder = data_dir.resolve()
        self._cluster = self._folder / "cluster"
        self._password = self._folder / "password"
        self._port = port
        self._max_connections = max_connections
        self._lock: int | None = None
        self._account: Account | None = None
        self._binaries: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log or self._folder / "server.log"

    @property
    def admin_url(self) -> str:
        """The URL of the database for the superuser `montrg`; there from the first start on."""
        try:
            password = self._password.read_text().strip()
        except FileNotFoundError:
            raise PostgresError(f"{self._password} is missing: the database has not been started yet") from None
        return f"postgresql://{ADMIN}:{password}@{HOST}:{self._port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, if it was launched."""
        return self._process.pid if self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._process is not None and self._process.poll() is None

    def poll(self) -> int | None:
        """Returns the exit code of a server that was launched and has ended, else None."""
        return self._process.poll() if self._process is not None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and returns when it takes connections; does nothing if it runs."""
        if self.running:
            return
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            self.prepare()
            mark = log_mark(self.log)
            process = self.launch()
            deadline = time.monotonic() + START_TIMEOUT
            while not self._is_ready():
                if process.poll() is not None:
                    raise PostgresError(f"PostgreSQL ended before it was ready{log_since(mark, self.log)}")
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL was not ready after {START_TIMEOUT:g} s; see {self.log}")
                time.sleep(_POLL)
            undo.pop_all()

    def stop(self) -> None:
        """Stops the server, fast first and harder each time it does not obey, and lets go of the folder."""
        if self._process is not None:
            for number in self.stop_signals:
                if self._process.poll() is not None:
                    break
                self._process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_GRACE)
            self._process = None
        self.close()

    def prepare(self) -> None:
        """Locks the folder, clears what a crash left there, and makes the database if there is none."""
        self._account = account_for(self._cluster)
        make_folder(self._folder, self._account)
        self._take_lock()
        self._binaries = find_binaries(self._folder, self._account)
        if self._cluster.exists():
            clear_leftovers(self._cluster)
            if not self._password.exists():
                raise PostgresError(
                    f"{self._password} is missing, without which nobody can log in to {self._cluster}: put it back, "
                    "or remove both to begin with an empty database"
                )
        else:
            self._make_password()
            initialise(self._cluster, self._binaries, self._password, self._account)

    def launch(self) -> subprocess.Popen[bytes]:
        """Forks the postmaster and returns at once; it stops when the calling thread ends."""
        if self._binaries is None:
            raise PostgresError("prepare() comes before launch()")
        self._require_free_port()
        settings = SETTINGS | {"port": str(self._port), "max_connections": str(self._max_connections)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process = spawn(
            [str(self._binaries / "postgres"), "-D", str(self._cluster), *options],
            log=self.log,
            death_signal=signal.SIGINT,
            env=environment(),
            cwd=self._folder,
            account=self._account,
        )
        return self._process

    async def ready(self) -> None:
        """Returns when the launched server takes connections; the supervisor watches for its end."""
        while not self._is_ready():  # noqa: ASYNC110 - the postmaster tells it by a line in a file
            await asyncio.sleep(_POLL)

    def close(self) -> None:
        """Lets go of the folder's lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _is_ready(self) -> bool:
        """Whether the eighth line of the PID file, which the postmaster keeps, says so."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        # Not inherited by children, so it is free as soon as this process ends, in whatever way.
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode().strip()
            os.close(lock)
            raise PostgresError(
                f"the database in {self._folder} is already run by process {holder or '(unknown)'}: stop that one, "
                "or set MONTRG_DATA_DIR to another folder"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def _make_password(self) -> None:
        # Kept if it is there: the last initdb may have been interrupted. Its owner is the server's user, because
        # initdb reads it.
        if not self._password.exists():
            side = self._password.with_name("password.new")
            side.unlink(missing_ok=True)
            side.touch(mode=0o600)
            side.write_text(secrets.token_urlsafe(24) + "\n")
            if self._account is not None:
                os.chown(side, self._account.uid, self._account.gid)
            side.rename(self._password)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self._port))
            except OSError as error:
                raise PostgresError(
                    f"PostgreSQL cannot listen on {HOST}:{self._port} ({error.strerror}): stop the program that "
                    "does, or give another port"
                ) from error
