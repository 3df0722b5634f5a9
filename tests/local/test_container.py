"""What the container of the development database refuses, and what it runs; `make test-containers` runs it."""

import pytest

from services.local.cluster import PostgresError
from services.local.container import prepare


def test_the_first_start_without_a_password_names_the_variable(tmp_path):
    with pytest.raises(PostgresError, match="POSTGRES_PASSWORD is not set"):
        prepare({"PGDATA": str(tmp_path / "data")})


def test_a_password_file_that_cannot_be_read_is_named(tmp_path):
    variables = {"PGDATA": str(tmp_path), "POSTGRES_PASSWORD_FILE": str(tmp_path / "none")}
    with pytest.raises(PostgresError, match=r"POSTGRES_PASSWORD_FILE is .*/none, which cannot be read: No such file"):
        prepare(variables)


def test_a_later_start_needs_no_password_and_asks_everybody_for_theirs(tmp_path):
    (tmp_path / "cluster").mkdir()
    command = prepare({"PGDATA": str(tmp_path)})
    assert command[0].endswith("/bin/postgres")
    assert command[1:3] == ["-D", str(tmp_path / "cluster")]
    assert "listen_addresses=*" in command
    assert (tmp_path / "pg_hba.conf").read_text().splitlines() == [
        "local all all scram-sha-256",
        "host all all all scram-sha-256",
    ]


def test_a_folder_that_a_mount_has_opened_to_a_group_is_closed_again(tmp_path):
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster").chmod(0o2770)
    prepare({"PGDATA": str(tmp_path)})
    assert (tmp_path / "cluster").stat().st_mode & 0o777 == 0o700
