"""Webhooks, to a real server."""

import asyncio
import hashlib
import hmac
import ssl
from dataclasses import replace

import pytest

from services.alert.networks import Networks
from services.alert.notify.webhook import WebhookChannel
from tests.alert.notify.conftest import failed
from tests.support.receivers import webhook


@pytest.fixture
async def channel(settings):
    opened = WebhookChannel(settings)
    yield opened
    await opened.close()


async def test_a_message_is_posted_with_its_key_and_a_signature_that_its_receiver_can_check(channel, message):
    async with webhook() as receiver:
        assert await channel.send(message(recipient=f"{receiver.url}/a?b=c", secret="hush-hush")) is None
    (request,) = receiver.requests
    assert (request.method, request.path, request.headers["content-type"]) == ("POST", "/a?b=c", "application/json")
    assert request.key == "k" * 40
    timestamp = request.headers["x-montrg-timestamp"]
    signed = hmac.new(b"hush-hush", timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-montrg-signature"] == f"v1={signed}"
    assert "hush-hush" not in str(request)


async def test_without_a_secret_nothing_is_signed(channel, message):
    async with webhook() as receiver:
        await channel.send(message(recipient=receiver.url))
    assert "x-montrg-signature" not in receiver.requests[0].headers


async def test_the_same_message_is_the_same_body_however_often_it_is_sent(channel, message):
    async with webhook() as receiver:
        for _ in range(2):
            assert await channel.send(message(recipient=receiver.url)) is None
    first, second = receiver.requests
    assert (first.body, first.key) == (second.body, second.key)


@pytest.mark.parametrize(
    ("answer", "reason", "permanent", "retry_after"),
    [
        ((500, {}), "HTTP status 500", False, 0),
        ((503, {"retry-after": "7"}), "HTTP status 503", False, 7),
        ((429, {"Retry-After": "120"}), "HTTP status 429", False, 120),
        ((429, {"retry-after": "999999"}), "HTTP status 429", False, 3600),
        ((429, {"retry-after": "soon"}), "HTTP status 429", False, 0),
        ((408, {}), "HTTP status 408", False, 0),
        ((425, {}), "HTTP status 425", False, 0),
        ((400, {}), "HTTP status 400", True, 0),
        ((404, {}), "HTTP status 404", True, 0),
        ((410, {}), "HTTP status 410", True, 0),
        ((302, {"location": "http://127.0.0.1:1/"}), "HTTP status 302", True, 0),
        (None, "the connection broke (RemoteProtocolError)", False, 0),
    ],
)
async def test_what_the_receiver_answers_decides_what_becomes_of_it(
    channel, message, answer, reason, permanent, retry_after
):
    hang_up = asyncio.get_running_loop().create_future()
    hang_up.set_result(answer)
    async with webhook(hang_up) as receiver:
        failure = await failed(channel, message(recipient=receiver.url))
    assert (failure.reason, failure.permanent, failure.retry_after_s) == (reason, permanent, retry_after)
    assert len(receiver.requests) == 1, "a redirect is not followed"


async def test_a_date_says_how_long_to_wait(settings, message):
    channel = WebhookChannel(settings, now=lambda: 1784092800.0)  # 2026-07-15T05:20:00Z
    async with webhook((503, {"retry-after": "Wed, 15 Jul 2026 05:21:30 GMT"})) as receiver:
        failure = await failed(channel, message(recipient=receiver.url))
    await channel.close()
    assert failure.retry_after_s == 90


async def test_a_receiver_that_does_not_answer_is_given_up(settings, message):
    channel = WebhookChannel(settings, timeout_s=0.2)
    async with webhook(asyncio.get_running_loop().create_future()) as receiver:
        failure = await failed(channel, message(recipient=receiver.url))
    await channel.close()
    assert (failure.reason, failure.permanent) == ("timed out after 0.2 s", False)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/T0/secret", "the connection was refused"),
        ("http://no-such-host.invalid/T0/secret", "the host's name cannot be resolved"),
    ],
)
async def test_a_receiver_that_is_not_there_is_tried_again(channel, message, url, reason):
    failure = await failed(channel, message(recipient=url))
    assert (failure.reason, failure.permanent) == (reason, False)


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://0.0.0.0:1/",
                                 "http://[::ffff:169.254.169.254]/"])  # fmt: skip
async def test_where_machines_keep_their_secrets_nothing_is_sent(channel, message, url):
    failure = await failed(channel, message(recipient=url))
    assert (failure.reason, failure.permanent) == ("the host has no address that messages may be sent to", True)


async def test_a_private_address_is_refused_where_the_setting_says_so(settings, message):
    channel = WebhookChannel(replace(settings, networks=Networks(allow_private=False)))
    async with webhook() as receiver:
        failure = await failed(channel, message(recipient=receiver.url))
    await channel.close()
    assert failure.permanent
    assert receiver.requests == []


async def test_a_certificate_of_a_known_authority_is_trusted_and_another_one_is_not(
    settings, server_tls, channel, message
):
    async with webhook(tls=server_tls) as receiver:
        assert await channel.send(message(recipient=receiver.url)) is None
        stranger = WebhookChannel(replace(settings, tls=ssl.create_default_context()))
        failure = await failed(stranger, message(recipient=receiver.url))
        await stranger.close()
        other_name = await failed(channel, message(recipient=receiver.url.replace("localhost", "127.0.0.1")))
    assert (failure.reason, failure.permanent) == ("the certificate is not trusted; see MONTRG_CA_FILE", False)
    assert other_name.reason == failure.reason
    assert len(receiver.requests) == 1
