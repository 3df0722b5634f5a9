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
