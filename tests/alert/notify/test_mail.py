"""E-mail, to a real mail server."""

import ssl
from dataclasses import replace

import pytest

from services.alert.notify.mail import MailChannel
from services.alert.notify.settings import Smtp
from services.common.clock import system_clock
from tests.alert.notify.conftest import failed
from tests.support.ports import free_port
from tests.support.receivers import mailbox


def channel(settings, port, security="none", user="", password=""):
    smtp = Smtp("localhost", port, security, user, password, "체감온도 <heat@plant.example>")
    return MailChannel(replace(settings, smtp=smtp), system_clock)


@pytest.fixture
def mail(message):
    return lambda **fields: message(channel="email", recipient="kim@plant.example", **fields)


async def test_a_mail_has_its_key_as_its_id_and_says_everything_twice_as_text_and_as_html(settings, mail):
    async with mailbox() as box:
        assert await channel(settings, box.port).send(mail()) is None
    (got,) = box.mails
    assert (got["to"], got["from"]) == ("kim@plant.example", "체감온도 <heat@plant.example>")
    assert got["message-id"] == f"<{'k' * 40}@plant.example>"
    assert got["subject"] == "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃)"
    for kind in ("plain", "html"):
        text = got.get_body((kind,)).get_content()
        for part in ("35.3℃", "2026-07-15 14:00:00 KST", "매시간 15분 휴식", "https://montrg.example/api/v1/alerts/7"):
            assert part in text, (kind, part)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_mail_goes_over_tls_with_a_login(settings, server_tls, mail, security):
    async with mailbox(security, server_tls, "heat", "hush-hush") as box:
        sent = await channel(settings, box.port, security, "heat", "hush-hush").send(mail())
        wrong = await failed(channel(settings, box.port, security, "heat", "guessed-it"), mail())
    assert sent is None
    assert (wrong.permanent, len(box.mails)) == (False, 1)
    assert wrong.reason == "the mail server refused MONTRG_SMTP_USER and its password (SMTP code 535)"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_an_unknown_authority_is_not_trusted(settings, server_tls, mail, security):
    strict = replace(settings, tls=ssl.create_default_context())
    async with mailbox(security, server_tls) as box:
        failure = await failed(channel(strict, box.port, security), mail())
    assert (failure.permanent, box.mails) == (False, [])
    assert failure.reason == "the mail server's certificate is not trusted; see MONTRG_CA_FILE"


async def test_a_server_without_starttls_is_not_given_the_mail_in_the_clear(settings, mail):
    async with mailbox() as box:
        await failed(channel(settings, box.port, "starttls"), mail())
    assert box.mails == []


@pytest.mark.parametrize(("line", "permanent"), [("550 5.1.1 no such user", True), ("451 4.3.0 come again", False)])
async def test_a_refused_recipient_is_given_up_or_tried_again_as_the_server_says(settings, mail, line, permanent):
    async with mailbox() as box:
        box.answers = [line]
        failure = await failed(channel(settings, box.port), mail())
    assert (failure.reason, failure.permanent) == (
        f"the mail server refused the recipient (SMTP code {line[:3]})",
        permanent,
    )


async def test_a_server_that_is_not_there_is_tried_again(settings, mail):
    failure = await failed(channel(settings, free_port()), mail())
    assert (failure.reason, failure.permanent) == ("the mail server refused the connection", False)


async def test_without_a_server_it_fails_for_good_and_names_the_setting(settings, mail):
    failure = await failed(MailChannel(settings, system_clock), mail())
    assert failure.permanent
    assert "MONTRG_SMTP_HOST" in failure.reason
