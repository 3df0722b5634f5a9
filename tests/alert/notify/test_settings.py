"""What the sending of messages is told, and what is refused."""

import pytest

from services.alert.networks import Networks
from services.alert.notify.links import Links
from services.alert.notify.settings import read_settings
from services.common.settings import Environment, SettingsError


def read(**variables):
    return read_settings(Environment({f"MONTRG_{name}": value for name, value in variables.items()}))


def test_without_settings_webhooks_may_be_inside_the_factory_and_there_is_no_mail():
    settings = read()
    assert (settings.networks, settings.smtp, settings.kept_days) == (Networks(), None, 90)


def test_in_the_secure_profile_they_may_be_in_the_networks_that_are_named_alone():
    assert read(PROFILE="secure").networks == Networks(allow_private=False)
    assert read(PROFILE="secure", WEBHOOK_ALLOW_PRIVATE="on").networks.allow_private
    named = read(PROFILE="secure", WEBHOOK_ALLOW="10.20.0.0/16, fd12::/32").networks
    assert [str(network) for network in named.allowed] == ["10.20.0.0/16", "fd12::/32"]


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_the_port_of_the_mail_server_follows_from_its_security(security, port):
    smtp = read(SMTP_HOST="mail.example", SMTP_SECURITY=security).smtp
    assert (smtp.port, smtp.sender) == (port, "flet-montrg@mail.example")
    assert read(SMTP_HOST="mail.example", SMTP_SECURITY=security, SMTP_PORT="2525").smtp.port == 2525


def test_the_password_of_the_mail_server_is_in_no_log():
    settings = read(SMTP_HOST="mail.example", SMTP_USER="heat", SMTP_PASSWORD="hush-hush")
    assert "hush-hush" not in repr(settings)


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled():
    assert read(PUBLIC_URL="https://heat.example/").links == Links("https://heat.example")
    assert read(DASHBOARD_URL="https://heat.example/").links.dashboard_url == "https://heat.example"


def test_links_are_of_the_scheme_that_is_spoken():
    assert read().links == Links("http://127.0.0.1:30005")
    assert read(PROFILE="secure").links == Links("https://127.0.0.1:30005")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PUBLIC_URL": "heat.example"}, "MONTRG_PUBLIC_URL"),
        ({"DASHBOARD_URL": "heat.example"}, "MONTRG_DASHBOARD_URL"),
        ({"WEBHOOK_ALLOW_PRIVATE": "maybe"}, "MONTRG_WEBHOOK_ALLOW_PRIVATE"),
        ({"WEBHOOK_ALLOW": "10.0.0.1/8"}, "MONTRG_WEBHOOK_ALLOW"),
        ({"WEBHOOK_ALLOW": "our.network"}, "MONTRG_WEBHOOK_ALLOW"),
        ({"PROFILE": "safe"}, "MONTRG_PROFILE"),
        ({"CA_FILE": "/no/such/file"}, "MONTRG_CA_FILE"),
        ({"CA_FILE": __file__}, "MONTRG_CA_FILE"),
        ({"SMTP_HOST": "a", "SMTP_SECURITY": "ssl"}, "MONTRG_SMTP_SECURITY"),
        ({"SMTP_HOST": "a", "SMTP_PORT": "0"}, "MONTRG_SMTP_PORT"),
        ({"SMTP_HOST": "a", "SMTP_USER": "heat"}, "MONTRG_SMTP_PASSWORD"),
        ({"NOTIFICATION_DAYS": "0"}, "MONTRG_NOTIFICATION_DAYS"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(variables, named):
    with pytest.raises(SettingsError, match=named):
        read(**variables)
