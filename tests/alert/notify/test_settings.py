"""What the sending of messages is told, and what is refused."""

import pytest

from services.alert.notify.settings import read_settings
from services.common.settings import Environment, SettingsError


def read(**variables):
    return read_settings(Environment({f"MONTRG_{name}": value for name, value in variables.items()}))


def test_without_settings_webhooks_may_be_inside_the_factory_and_there_is_no_mail():
    settings = read()
    assert (settings.allow_private, settings.smtp, settings.kept_days) == (True, None, 90)


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_the_port_of_the_mail_server_follows_from_its_security(security, port):
    smtp = read(SMTP_HOST="mail.example", SMTP_SECURITY=security).smtp
    assert (smtp.port, smtp.sender) == (port, "flet-montrg@mail.example")
    assert read(SMTP_HOST="mail.example", SMTP_SECURITY=security, SMTP_PORT="2525").smtp.port == 2525


def test_the_password_of_the_mail_server_is_in_no_log():
    settings = read(SMTP_HOST="mail.example", SMTP_USER="heat", SMTP_PASSWORD="hush-hush")
    assert "hush-hush" not in repr(settings)


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled():
    assert read(PUBLIC_URL="https://heat.example/").public_url == "https://heat.example"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PUBLIC_URL": "heat.example"}, "MONTRG_PUBLIC_URL"),
        ({"WEBHOOK_ALLOW_PRIVATE": "maybe"}, "MONTRG_WEBHOOK_ALLOW_PRIVATE"),
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
