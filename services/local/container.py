"""Becomes the development database of a container: PostgreSQL on all addresses, port 5432.

The folder and the variables are those of the official image: PGDATA (default: /var/lib/postgresql/data), and
POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE for the user and the database `montrg`, which are made at the first start.
Arguments go to the server, such as `-c max_connections=200`. Everything that is worth keeping belongs into a PostgreSQL
that is cared for.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.common.settings import SettingsError, given
from services.local.cluster import PostgresError, environment, find_binaries, initialise

DATA = "/var/lib/postgresql/data"
SETTINGS = {
    "listen_addresses": "*",
    "port": "5432",
    # For the programs of the same container, such as pg_isready.
    "unix_socket_directories": "/tmp",  # noqa: S108  the only folder beside the data that may be written
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Passwords from everywhere, also from the container itself.
ACCESS = "local all all scram-sha-256\nhost all all all scram-sha-256\n"


def prepare(variables: Mapping[str, str]) -> list[str]:
    """Makes the database if there is none, and returns the command that serves it; raises PostgresError."""
    folder = Path(variables.get("PGDATA") or DATA)
    binaries = find_binaries(folder, None)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Below the folder, which may be a mount, so that it is there whole or not at all.
    cluster = folder / "cluster"
    if not cluster.exists():
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(_password(variables))
            file.flush()
            initialise(cluster, binaries, Path(file.name), None)
    # A kubelet opens a volume to a group when it mounts it; PostgreSQL refuses a folder that others may write.
    cluster.chmod(0o700)
    access = folder / "pg_hba.conf"
    access.write_text(ACCESS, encoding="utf-8")
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    return [str(binaries / "postgres"), "-D", str(cluster), "-c", f"hba_file={access}", *options]


def _password(variables: Mapping[str, str]) -> str:
    try:
        password = given(variables, "POSTGRES_PASSWORD")
    except SettingsError as error:
        raise PostgresError(str(error)) from error
    if not password:
        raise PostgresError("POSTGRES_PASSWORD is not set; give the password that the user montrg is to have")
    return password


def main(arguments: Sequence[str]) -> None:
    """Replaces this process by the server, so that signals reach it."""
    try:
        command = prepare(os.environ)
    except PostgresError as error:
        raise SystemExit(f"postgres: {error}") from error
    except OSError as error:
        raise SystemExit(f"postgres: {error}; is the folder of the data one that user {os.getuid()} owns?") from error
    os.execve(command[0], [*command, *arguments], environment())  # noqa: S606  no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
