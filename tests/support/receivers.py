"""Real receivers of messages: an HTTP server and a mail server that remember what they were sent."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult

from tests.support.ports import free_port


@dataclass(frozen=True)
class Request:
    """What a webhook was sent, and when its last byte came, by the monotonic clock."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    received_at: float

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def key(self):
        return self.headers["idempotency-key"]


class Webhook:
    """Answers 200, or as a test says: `answers` are taken in order, each (status, headers), or a future to wait for."""

    def __init__(self, scheme, port):
        self.url = f"{scheme}://localhost:{port}"
        self.requests = []
        self.answers = []
        self._came = asyncio.Condition()

    async def received(self, count, seconds=30.0):
        """Waits for so many requests in all."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def serve(self, reader, writer):
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the sender has gone
        finally:
            writer.close()

    async def _exchange(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        received_at = time.monotonic()
        answer = self.answers.pop(0) if self.answers else (200, {})
        async with self._came:
            self.requests.append(Request(method, path, headers, body, received_at))
            self._came.notify_all()
        if asyncio.isfuture(answer):
            answer = await answer
        if answer is None:  # hang up
            return False
        status, more = answer
        lines = [f"HTTP/1.1 {status} Whatever", "content-length: 2", *(f"{k}: {v}" for k, v in more.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\nok").encode())
        await writer.drain()
        return True


@asynccontextmanager
async def webhook(*answers, tls=None, port=None, host="127.0.0.1"):
    """Runs a webhook until the block ends."""
    port = port or free_port()
    receiver = Webhook("https" if tls else "http", port)
    receiver.answers = list(answers)
    connections = set()

    async def connected(reader, writer):
        connections.add(writer)
        await receiver.serve(reader, writer)
        connections.discard(writer)

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    try:
        yield receiver
    finally:
        server.close()
        for writer in list(connections):
            writer.transport.abort()
        await server.wait_closed()


class Mailbox:
    """Takes every mail, or answers as a test says: `answers` are lines of SMTP, taken in order."""

    def __init__(self, port, user, password):
        self.port = port
        self.mails = []
        self.answers = []
        self._login = (user, password)
        self._came = asyncio.Condition()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        async with self._came:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self._came.notify_all()
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        success = (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=success, handled=success)  # what is not handled is answered with 535

    async def received(self, count, seconds=30.0):
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: len(self.mails) >= count)
        return self.mails


@asynccontextmanager
async def mailbox(security="none", tls=None, user=None, password=None):
    """Runs a mail server until the block ends."""
    box = Mailbox(free_port(), user, password)
    loop = asyncio.get_running_loop()

    sessions = []

    def protocol():
        session = SMTP(
            box, hostname="mail.test", enable_SMTPUTF8=True, loop=loop, require_starttls=security == "starttls",
            tls_context=tls if security == "starttls" else None, authenticator=box.authenticate if user else None,
            auth_required=user is not None and security == "starttls", auth_require_tls=security == "starttls",
        )  # fmt: skip
        sessions.append(session)
        return session

    server = await loop.create_server(protocol, "127.0.0.1", box.port, ssl=tls if security == "tls" else None)
    try:
        yield box
    finally:
        server.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.close()
        await server.wait_closed()
