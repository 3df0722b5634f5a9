"""What makes a subscription valid, and whom an alert would reach."""

from ipaddress import ip_network

import pytest

from services.alert.networks import Networks
from services.alert.subscriptions.domain import checked, shown_address
from services.alert.subscriptions.preview import Subject, preview
from services.common.errors import FailedPreconditionError, InvalidInputError
from tests.support.notifying import NOW, silence, subscription

SUBJECT = Subject("울산", "제1공장", "A동", 1, "도장", "S-1", "threshold", "red")


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"channel": "fax"}, ["channel"]),
        ({"name": "x" * 101}, ["name"]),
        *(({"recipient": bad}, ["recipient"]) for bad in (
            "ftp://a/b", "http://", "http:///x", "a.example", "http://u:p@a.example/", "http://a b/", "http://a:99999/",
            "http://a/\n", "http://a:0/", "http://[::1/", "http://a/" + "x" * 2000, "javascript:alert(1)",
        )),
        *(({"channel": "email", "recipient": bad}, ["recipient"]) for bad in (
            "a", "@a", "a@", "a@b@c", "a b@c.kr", "a@b.kr\nBcc: x@y.kr", "a@-b.kr", ".a@b.kr", "a..b@c.kr",
            "a@b.kr,c@d.kr", "x" * 250 + "@b.kr", "<a@b.kr>",
        )),
        ({"format": "xml", "language": "fr", "min_level": "green"}, ["format", "language", "min_level"]),
        ({"secret": "short"}, ["secret"]),
        ({"secret": "x" * 201}, ["secret"]),
        ({"floor": 301, "sensor_id": "a b", "alert_type": "fire", "plant": "\0"},
         ["plant", "floor", "sensor_id", "alert_type"]),
        ({"escalation_minutes": -1, "repeat_minutes": 1441, "max_per_minute": 0},
         ["escalation_minutes", "repeat_minutes", "max_per_minute"]),
    ],
)  # fmt: skip
def test_every_field_that_is_wrong_is_named(fields, blamed):
    with pytest.raises(InvalidInputError) as caught:
        checked(subscription(**fields), mail_is_set_up=True)
    assert [violation.field for violation in caught.value.violations] == blamed


@pytest.mark.parametrize(
    "fields",
    [
        {"recipient": "https://hooks.example.com/services/T0/B0/xyz?a=b#c"},
        {"recipient": "http://10.1.2.3:8080"},
        {"recipient": "http://[fd12::1]:8080/a"},
        {"recipient": "https://게이트웨이.kr/알림"},
        {"channel": "email", "recipient": "kim.safety+heat@plant-1.example.co.kr"},
        {"channel": "email", "recipient": "root@localhost"},
    ],
)
def test_what_is_right_is_taken(fields):
    assert checked(subscription(**fields), mail_is_set_up=True).recipient == fields["recipient"]


@pytest.mark.parametrize(
    ("recipient", "is_taken"),
    [
        ("http://10.1.2.3:8080/", False),
        ("http://[::1]/", False),
        ("http://localhost:9000/x", False),
        ("http://2130706433/", False),
        ("http://10.20.0.7/", True),
        ("https://8.8.8.8/", True),
        ("https://hooks.example.com/", True),
    ],
)
def test_a_private_address_is_refused_at_once_where_nothing_is_sent_to_it(recipient, is_taken):
    networks = Networks(allow_private=False, allowed=[ip_network("10.20.0.0/16")])
    wanted = subscription(recipient=recipient)
    if is_taken:
        assert checked(wanted, mail_is_set_up=True, networks=networks).recipient == recipient
        return
    with pytest.raises(InvalidInputError, match="MONTRG_WEBHOOK_ALLOW") as caught:
        checked(wanted, mail_is_set_up=True, networks=networks)
    assert [violation.field for violation in caught.value.violations] == ["recipient"]


def test_mail_that_is_not_set_up_is_refused_with_the_name_of_the_setting():
    mail = subscription(channel="email", recipient="a@b.kr")
    with pytest.raises(FailedPreconditionError, match="MONTRG_SMTP_HOST"):
        checked(mail, mail_is_set_up=False)


def test_an_older_name_of_a_level_is_kept_under_its_present_one():
    assert checked(subscription(min_level="HIGH"), mail_is_set_up=True).min_level == "orange"


def test_of_a_webhook_only_scheme_and_host_are_shown():
    assert (
        shown_address("webhook", "https://hooks.example.com:8443/T0/secret?x=y") == "https://hooks.example.com:8443/…"
    )
    assert shown_address("email", "a@b.kr") == "a@b.kr"


def test_neither_secret_nor_address_is_in_what_a_log_would_show():
    assert "hush-hush" not in repr(subscription(secret="hush-hush", recipient="http://a/hush-hush"))


def test_a_preview_says_who_is_told_and_what_keeps_the_others():
    same = {"recipient": "http://127.0.0.1/same"}
    everyone = [
        subscription(1, **same, escalation_minutes=5), subscription(2, **same), subscription(3, **same),
        subscription(4, enabled=False), subscription(5, min_level="critical"), subscription(6, factory="제2공장"),
        subscription(7),
    ]  # fmt: skip
    found = [(m.subscription.subscription_id, m.held_by) for m in preview(SUBJECT, everyone, [], NOW)]
    assert found == [(1, "escalation"), (2, None), (3, "same_recipient"), (4, "disabled"), (7, None)]


def test_a_preview_counts_the_silences_of_now():
    def held(moment):
        return preview(SUBJECT, [subscription()], [silence()], moment)[0].held_by

    assert (held(NOW), held(silence().end_time)) == ("silenced", None)
