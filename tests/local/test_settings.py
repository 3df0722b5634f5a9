"""What `montrg up` is told, its passwords and what it gives each program."""

import json
from pathlib import Path

import pytest

from services.catalog import SERVICES, service
from services.common.settings import SettingsError
from services.local.programs import envoy, service_environment, workers
from services.local.roles import role_passwords
from services.local.settings import read_settings
from services.local.welcome import welcome

ADMIN = "postgresql://admin:word@db.example:5432/montrg?ssl=require"


def test_without_settings_the_data_are_in_the_project_and_the_ports_are_the_catalogs(project_root):
    settings = read_settings({})
    assert settings.data_dir == project_root / ".data"
    assert settings.database_url is None
    assert [settings.rest_port(s) for s in SERVICES] == [s.rest_port for s in SERVICES]


def test_a_database_url_without_our_prefix_is_not_ours():
    assert read_settings({"DATABASE_URL": "postgresql://other"}).database_url is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [1, 1, 1]), ("2", [2, 2, 2]), (" 16 ", [16, 16, 16]), ("realtime=2", [1, 1, 2]),
        ("realtime=2, thresholds=3", [3, 1, 2]), ("location = 4", [1, 4, 1]),
    ],
)  # fmt: skip
def test_workers_are_the_same_for_all_or_given_by_service(words, expected):
    assert list(read_settings({"MONTRG_WORKERS": words}).workers.values())[:3] == expected


@pytest.mark.parametrize(
    "words",
    [
        "0",
        "17",
        "-2",
        "two",
        "1.5",
        "realtime=0",
        "realtime",
        "weather=2",
        "realtime=2,realtime=3",
        "realtime=2,",
        "=2",
    ],
)
def test_a_wrong_number_of_workers_is_named_with_the_remedy(words):
    remedy = f"MONTRG_WORKERS is '{words}'; give a whole number from 1 to 16 .* such as thresholds=2,location=3"
    with pytest.raises(SettingsError, match=remedy):
        read_settings({"MONTRG_WORKERS": words})


def test_the_first_worker_has_the_catalogs_port_and_the_others_follow_in_tens():
    settings = read_settings({"MONTRG_WORKERS": "realtime=3", "MONTRG_PORT_OFFSET": "1000"})
    ports = {"realtime": 51053, "realtime-2": 51063, "realtime-3": 51073}
    assert settings.grpc_ports(service("realtime")) == ports
    assert settings.grpc_ports(service("location")) == {"location": 51052}
    assert {port: purpose for port, purpose in settings.ports() if port == 51063} == {51063: "the gRPC of realtime-2"}


def test_a_port_for_messages_to_the_replay_is_taken_only_where_there_are_any():
    def ports(**variables):
        return [port for port, _ in read_settings({"MONTRG_PORT_OFFSET": "1000"} | variables).ports()]

    assert 31008 in ports()
    assert 31008 not in ports(MONTRG_REPLAY="off")
    assert 31008 not in ports(MONTRG_PROFILE="secure")


def test_no_two_ports_are_the_same_with_all_the_workers_that_can_be_and_another_mesh_beside():
    meshes = [read_settings({"MONTRG_WORKERS": "16", "MONTRG_PORT_OFFSET": str(n)}) for n in (0, 200, 1000, 10_000)]
    ports = [port for mesh in meshes for port in (mesh.database_port, *(port for port, _ in mesh.ports()))]
    assert len(set(ports)) == len(ports)
    assert max(ports) < 65536


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
    settings = read_settings({"MONTRG_PORT_OFFSET": "1000", "MONTRG_WORKERS": "thresholds=2"})
    given = service_environment(service("realtime"), settings, ADMIN, "p@ss", 51053)
    assert given["MONTRG_DATABASE_URL"] == ("postgresql://montrg_realtime:p%40ss@db.example:5432/montrg?ssl=require")
    assert given["MONTRG_PORT"] == "51053"
    assert given["MONTRG_LOCATION_SERVICE_URL"] == "127.0.0.1:51052"
    assert given["MONTRG_THRESHOLDS_SERVICE_URL"] == "127.0.0.1:51051,127.0.0.1:51061"


def test_links_in_messages_lead_to_the_gateway_of_this_machine_unless_a_person_says_otherwise(monkeypatch):
    settings = read_settings({"MONTRG_PORT_OFFSET": "1000"})
    monkeypatch.delenv("MONTRG_DASHBOARD_URL", raising=False)
    given = service_environment(service("alert"), settings, ADMIN, "p@ss", 51055)
    assert given["MONTRG_DASHBOARD_URL"] == "http://127.0.0.1:31000"
    monkeypatch.setenv("MONTRG_DASHBOARD_URL", "")
    assert service_environment(service("alert"), settings, ADMIN, "p@ss", 51055)["MONTRG_DASHBOARD_URL"] == ""


def test_each_worker_has_a_name_a_log_and_a_port_of_its_own_and_envoy_knows_them_all(tmp_path):
    settings = read_settings({"MONTRG_DATA_DIR": str(tmp_path), "MONTRG_WORKERS": "realtime=2"})
    first, second = workers(service("realtime"), settings, ADMIN, "word")
    assert (first.name, second.name) == ("realtime", "realtime-2")
    assert (first.log.name, second.log.name) == ("realtime.log", "realtime-2.log")
    assert first.env is not None
    assert second.env is not None
    assert (first.env["MONTRG_PORT"], second.env["MONTRG_PORT"]) == ("50053", "50063")
    assert [command.name for command in workers(service("location"), settings, ADMIN, "word")] == ["location"]
    envoy(settings)
    rendered = (tmp_path / "envoy.yaml").read_text()
    # Four clusters of the same processes: for calls, streams, those that reach their database, and for figures.
    assert [rendered.count(f"port_value: {port}\n") for port in (50053, 50063, 50052, 50062)] == [4, 4, 4, 0]


def test_envoy_is_told_no_secret_of_those_behind_it(tmp_path, monkeypatch):
    for name in ("MONTRG_DATABASE_URL", "MONTRG_SMTP_PASSWORD", "MONTRG_TOKEN"):
        monkeypatch.setenv(name, "secret")
    command = envoy(read_settings({"MONTRG_DATA_DIR": str(tmp_path)}))
    assert command.env is not None
    assert "PATH" in command.env
    assert "secret" not in command.env.values()


def test_envoy_writes_a_line_a_request_where_the_environment_says_so(tmp_path):
    given = {"MONTRG_DATA_DIR": str(tmp_path), "ACCESS_LOG": "/another/programs"}
    rendered = tmp_path / "envoy.yaml"
    envoy(read_settings(given))
    assert "access_log: []" in rendered.read_text()
    envoy(read_settings(given | {"MONTRG_ACCESS_LOG": "/dev/stdout"}))
    assert "path: /dev/stdout" in rendered.read_text()
    assert "client: '%" not in rendered.read_text()
    envoy(read_settings(given | {"MONTRG_ACCESS_LOG": "/dev/stdout", "MONTRG_LOG_CLIENT_ADDRESS": "on"}))
    assert "client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'" in rendered.read_text()


@pytest.mark.parametrize("name", ["/nowhere/access.log", "/tmp"])
def test_an_access_log_that_cannot_be_written_is_named_with_the_remedy(name):
    with pytest.raises(SettingsError, match=f"MONTRG_ACCESS_LOG is '{name}'.* or /dev/stdout"):
        read_settings({"MONTRG_ACCESS_LOG": name})


def test_the_welcome_names_every_address_and_says_that_there_is_no_login():
    told = welcome(read_settings({"MONTRG_DATA_DIR": str(Path("/srv/montrg"))}))
    assert all(f":{s.rest_port}/docs" in told for s in SERVICES)
    assert told.split()[:2] == ["Dashboard", "http://127.0.0.1:30000/"]
    assert told.count("curl ") == 5
    assert "http://127.0.0.1:30009/targets" in told
    assert "no login" in told


def test_the_welcome_of_the_secure_profile_begins_with_a_token_which_every_line_brings(tmp_path):
    told = welcome(read_settings({"MONTRG_DATA_DIR": str(tmp_path), "MONTRG_PROFILE": "secure"}))
    assert f"export TOKEN=$(MONTRG_DATA_DIR={tmp_path} " in told
    assert told.index("export TOKEN=$(") < told.index("curl ")
    wanted = f'curl --cacert {tmp_path}/certs/ca/ca.crt -H "authorization: Bearer $TOKEN" '
    assert told.count(wanted) == told.count("curl ") == 5
    assert "MONTRG_DATA_DIR" not in welcome(read_settings({"MONTRG_PROFILE": "secure"}))


def test_the_admins_login_may_be_a_file_and_one_of_another_project_is_not_read(tmp_path):
    secret = tmp_path / "admin"
    secret.write_text("postgresql://from/file\n")
    assert read_settings({"MONTRG_DATABASE_URL_FILE": str(secret)}).database_url == "postgresql://from/file"
    assert read_settings({"DATABASE_URL_FILE": str(secret)}).database_url is None
