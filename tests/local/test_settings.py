"""What `montrg up` is told, its passwords and what it gives each program."""

import json
from pathlib import Path

import pytest

from services.catalog import SERVICES, service
from services.common.settings import SettingsError
from services.local.programs import service_environment
from services.local.roles import role_passwords
from services.local.settings import read_settings
from services.local.up import welcome

ADMIN = "postgresql://admin:word@db.example:5432/montrg?ssl=require"


def test_without_settings_the_data_are_in_the_project_and_the_ports_are_the_catalogs(project_root):
    settings = read_settings({})
    assert settings.data_dir == project_root / ".data"
    assert settings.database_url is None
    assert [settings.rest_port(s) for s in SERVICES] == [s.rest_port for s in SERVICES]


def test_a_database_url_without_our_prefix_is_not_ours():
    assert read_settings({"DATABASE_URL": "postgresql://other"}).database_url is None


@pytest.mark.parametrize("words", [{"MONTRG_PORT_OFFSET": "-1"}, {"MONTRG_PORT_OFFSET": "x"}, {"MONTRG_REPLAY": "no"}])
def test_a_wrong_setting_is_named(words):
    with pytest.raises(SettingsError, match=next(iter(words))):
        read_settings(words)


def test_passwords_are_made_once_and_only_their_owner_reads_them(tmp_path):
    path = tmp_path / "roles.json"
    made = role_passwords(path)
    assert made.keys() == {s.name for s in SERVICES}
    assert len(set(made.values())) == len(made)
    assert role_passwords(path) == made
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_service_that_joins_later_gets_a_password_and_the_others_keep_theirs(tmp_path):
    path = tmp_path / "roles.json"
    path.write_text(json.dumps({SERVICES[0].name: "old"}))
    assert role_passwords(path)[SERVICES[0].name] == "old"
    assert role_passwords(path).keys() == {s.name for s in SERVICES}


def test_a_service_logs_in_as_its_own_role_and_knows_the_neighbours_that_it_calls(monkeypatch):
    monkeypatch.setenv("MONTRG_PORT", "1")
    given = service_environment(service("realtime"), read_settings({"MONTRG_PORT_OFFSET": "1000"}), ADMIN, "p@ss")
    assert given["MONTRG_DATABASE_URL"] == ("postgresql://montrg_realtime:p%40ss@db.example:5432/montrg?ssl=require")
    assert given["MONTRG_PORT"] == "51053"
    assert given["MONTRG_LOCATION_SERVICE_URL"] == "127.0.0.1:51052"
    assert given["MONTRG_THRESHOLDS_SERVICE_URL"] == "127.0.0.1:51051"


def test_the_welcome_names_every_address_and_says_that_there_is_no_login():
    told = welcome(read_settings({"MONTRG_DATA_DIR": str(Path("/tmp/x"))}))
    assert all(f":{s.rest_port}/docs" in told for s in SERVICES)
    assert told.count("curl ") == 3
    assert "no login" in told
