"""What the tests of the channels share: an authority of their own, and a message."""

import ssl
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import trustme

from services.alert.networks import Networks
from services.alert.notify.claims import Claims
from services.alert.notify.domain import Claimed, Failure
from services.alert.notify.drafts import Draft
from services.alert.notify.links import Links
from services.alert.notify.outbox import put
from services.alert.notify.planner import Planner
from services.alert.notify.planning import Telling
from services.alert.notify.sender import Channel, Sender
from services.alert.notify.settings import NotifySettings
from services.alert.notify.webhook import WebhookChannel
from services.alert.notify.writing import Writing
from services.alert.silences.repository import SqlSilences
from services.alert.subscriptions.repository import SqlSubscriptions
from services.common.clock import system_clock
from services.common.database import Database
from services.common.database_url import plain_url
from services.common.interceptors import database_is_away
from services.common.tasks import background
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.notifying import NOW, alert, minutes, subscription

WRITING = Writing(Links("https://montrg.example"), ZoneInfo("Asia/Seoul"))
SOON_S = 0.05
# A busy machine takes long to answer; it is less than what is left of a lease.
PATIENT_S = 15.0


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
    return NotifySettings(Links("https://montrg.example"), networks=Networks(), tls=context, smtp=None)


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
    tables = ("alert", "alert_event", "subscription", "silence", "told", "notification", "evaluation", "standstill")
    for table in tables:
        await opened.execute(f"DELETE FROM alert.{table}")
    yield opened
    await opened.close()


class Planning:
    """A planner whose clock stands still until the test moves it."""

    def __init__(self, connection, subscriptions, silences):
        self.begin = self.now = NOW
        self.connection = connection
        self.subscriptions = subscriptions
        self.silences = silences
        self.woken = 0
        self._sender: Any = None
        self.planner = self.another()

    def another(self):
        return Planner("postgresql://nobody@127.0.0.1:1/none", WRITING, lambda: self.now, self._wake)

    def wakes(self, sender):
        """Has a sender know of what is planned, as in the service."""
        self._sender = sender

    def _wake(self):
        self.woken += 1
        if self._sender is not None:
            self._sender.wake()

    async def at(self, minute):
        """Plans at a minute; returns in how many seconds there is more."""
        self.now = self.begin + minutes(minute)
        return await self.planner.work(self.connection)

    async def count(self, expected, condition, *values):
        """Whether so many messages are in the outbox of which a condition holds."""
        query = f"SELECT count(*) FROM alert.notification WHERE {condition}"
        return await self.connection.fetchval(query, *values) == expected

    async def outbox(self, *names):
        columns = ", ".join(names)
        rows = await self.connection.fetch(f"SELECT {columns} FROM alert.notification ORDER BY notification_id")
        return [row[0] if len(names) == 1 else tuple(row) for row in rows]


@pytest.fixture
def planning(connection, database):
    return Planning(connection, SqlSubscriptions(database), SqlSilences(database))


class Outbox:
    """Puts messages into the outbox as the planner does, and looks at what became of them."""

    def __init__(self, connection, database):
        self.connection = connection
        self.subscriptions = SqlSubscriptions(database)
        self.kept: Any = None
        self._count = 0

    async def to(self, url, **fields):
        self.kept = await self.subscriptions.add(subscription(recipient=url, max_per_minute=600, **fields))

    async def put(self, count=1, alert_id=None):
        """Puts messages about one alert, or each about another one."""
        drafts = []
        for _ in range(count):
            self._count += 1
            about = alert(alert_id=alert_id or 1000 + self._count)
            content = WRITING.telling(Telling(self.kept, about, "raised", "1", 1, None))
            drafts.append(Draft(self.kept, f"key-{self._count}", "raised", content, about.alert_id, 1))
        async with self.connection.transaction():
            await put(self.connection, drafts, system_clock())

    async def rows(self, *names):
        query = f"SELECT {', '.join(names)} FROM alert.notification ORDER BY notification_id"
        return [tuple(row) for row in await self.connection.fetch(query)]

    async def settled(self, *states):
        """Waits until the messages are in these states."""
        await eventually(lambda: self._are(states))

    async def _are(self, states):
        return tuple(state for (state,) in await self.rows("state")) == states


@pytest.fixture
async def outbox(connection, database):
    return Outbox(connection, database)


@asynccontextmanager
async def sending(database, settings, channel=None, delay_s=lambda attempts: SOON_S, grace_s=0.0):
    """A sender at work, with its webhooks."""
    hooks = channel or WebhookChannel(settings, timeout_s=PATIENT_S)
    sender = Sender(
        Claims(database), {"webhook": hooks}, database_is_away, system_clock, grace_s=grace_s, delay_s=delay_s
    )
    async with background(sender.run()):
        yield sender
    if channel is None:
        await hooks.close()
