"""Settings from the environment, and the words for a wrong one."""

import pytest

from services.common.settings import Environment, SettingsError, read_service_settings


def test_the_prefix_comes_before_the_documented_name():
    environment = Environment({"DATABASE_URL": "postgresql://b", "MONTRG_DATABASE_URL": "postgresql://a", "PORT": "7"})
    settings = read_service_settings("realtime", environment)
    assert (settings.database_url, settings.port, settings.host) == ("postgresql://a", 7, "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("POOL_SIZE", "0"), ("LOG_LEVEL", "LOUD"), ("GRACE_S", "-1")],
)
def test_a_wrong_setting_is_named_with_the_remedy(name, value):
    with pytest.raises(SettingsError, match=f"MONTRG_{name} is '{value}'; give"):
        read_service_settings("location", Environment({"DATABASE_URL": "postgresql://a", name: value}))


def test_a_missing_database_url_is_named():
    with pytest.raises(SettingsError, match="MONTRG_DATABASE_URL is not set"):
        read_service_settings("location", Environment({}))


def test_an_unknown_zone_is_refused():
    with pytest.raises(SettingsError, match="Asia/Seoul"):
        Environment({"SITE_TZ": "Mars/Olympus"}).zone("SITE_TZ", "Asia/Seoul")


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("127.0.0.1:50052", "ipv4:127.0.0.1:50052"),
        ("http://location-service:80", "dns:///location-service:80"),
        ("dns:///location-service-headless:8000", "dns:///location-service-headless:8000"),
        ("127.0.0.1:50052,127.0.0.1:50062", "ipv4:127.0.0.1:50052,127.0.0.1:50062"),
        ("http://10.0.0.7:80/, http://10.0.0.8:80/", "ipv4:10.0.0.7:80,10.0.0.8:80"),
        ("[::1]:50052,[::1]:50062", "ipv6:[::1]:50052,[::1]:50062"),
    ],
)
def test_a_service_is_one_address_or_those_of_its_processes(value, target):
    assert Environment({"LOCATION_SERVICE_URL": value}).target("LOCATION_SERVICE_URL", "127.0.0.1:1") == target


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("location-service", "host:port"), ("http://location-service", "host:port"), ("127.0.0.1:70000", "host:port"),
        ("127.0.0.1:0", "host:port"), ("127.0.0.1:50052,", "host:port"), ("https://location:443", "host:port"),
        ("http://location:80/api", "host:port"), ("127.0.0.1:x", "host:port"),
        ("one:80,two:80", "one name"), ("127.0.0.1:80,two:80", "one name"), ("127.0.0.1:80,[::1]:80", "one name"),
    ],
)  # fmt: skip
def test_a_wrong_address_of_a_service_is_named_with_the_remedy(value, remedy):
    with pytest.raises(SettingsError, match=rf"MONTRG_LOCATION_SERVICE_URL is '.*'; give .*{remedy}"):
        Environment({"LOCATION_SERVICE_URL": value}).target("LOCATION_SERVICE_URL", "127.0.0.1:1")


def test_a_setting_is_read_from_the_file_that_names_it(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("postgresql://from/file\n")
    assert Environment({"DATABASE_URL_FILE": str(secret)}).text("DATABASE_URL") == "postgresql://from/file"
    both = {"MONTRG_DATABASE_URL_FILE": str(secret), "MONTRG_DATABASE_URL": "given", "DATABASE_URL": "other"}
    assert Environment(both).text("DATABASE_URL") == "given"
    del both["MONTRG_DATABASE_URL"]
    assert Environment(both).text("DATABASE_URL") == "postgresql://from/file"


def test_a_file_of_a_setting_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"DATABASE_URL_FILE is .*/none, which cannot be read: No such file"):
        Environment({"DATABASE_URL_FILE": str(tmp_path / "none")}).text("DATABASE_URL")
