"""What the tests of the channels share: an authority of their own, and a message."""

import ssl
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import trustme

from services.alert.notify.domain import Claimed, Failure
from services.alert.notify.planning import Telling
from services.alert.notify.sender import Channel
from services.alert.notify.settings import NotifySettings
from services.alert.notify.writing import Writing
from services.common.database import Database
from services.common.database_url import plain_url
from tests.conftest import service_url
from tests.support.notifying import alert, subscription

WRITING = Writing("https://montrg.example", ZoneInfo("Asia/Seoul"))


async def failed(channel: Channel, message: Claimed) -> Failure:
    """Why a message was not taken."""
    failure = await channel.send(message)
    assert failure is not None
    return failure


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def settings(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return NotifySettings("https://montrg.example", allow_private=True, tls=context, smtp=None)


@pytest.fixture
def message():
    """Makes a message of an alert that was raised; what is given replaces its fields."""

    def make(**fields):
        words = replace(subscription(), language=fields.get("language", "ko"))
        content = WRITING.telling(Telling(words, alert(), "raised", "1", 1, None))
        made: dict[str, Any] = (
            {
                "notification_id": 1, "idempotency_key": "k" * 40, "alert_id": 7, "subscription_id": 1,
                "cause": "raised", "channel": "webhook", "recipient": "", "format": "json", "language": "ko",
                "content": asdict(content), "attempts": 0, "lease_until": datetime.now(UTC), "secret": None,
                "title": "S1",
            } | fields
        )  # fmt: skip
        return Claimed(**made)

    return make


@pytest.fixture(scope="module")
async def database(admin_url):
    opened = Database(service_url(admin_url, "alert"), 5, "test")
    yield opened
    await opened.close()


@pytest.fixture
async def connection(admin_url):
    """A connection of the service's role to a database without alerts."""
    opened = await asyncpg.connect(plain_url(service_url(admin_url, "alert")))
    tables = ("alert", "alert_event", "subscription", "silence", "told", "notification")
    for table in tables:
        await opened.execute(f"DELETE FROM alert.{table}")
    yield opened
    await opened.close()
