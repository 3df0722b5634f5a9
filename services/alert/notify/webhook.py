"""Sends messages to webhooks: JSON over POST, signed, with a key by which a second one is known."""

import asyncio
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpcore

from services.alert.notify.content import from_json
from services.alert.notify.domain import MOST_WAIT_S, Claimed, Failure
from services.alert.notify.formats import webhook_body
from services.alert.notify.settings import NotifySettings
from services.alert.notify.targets import GuardedNetwork, RefusedTargetError, UnknownHostError
from services.common.telemetry import tracing

TIMEOUT_S = 5.0
MOST_CONNECTIONS = 64
# An idle connection is closed before most servers do so themselves, who might not hear what is sent just then.
IDLE_S = 4.0
# Of an answer that is longer the connection is given up rather than read to its end.
MOST_ANSWER = 64 * 1024
# The same message may be taken later though the status says that it is the sender's mistake.
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Returns what the header x-montrg-signature says of a body that is sent at a time."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


class WebhookChannel:
    """Sends to webhooks. Its connections are kept for a moment, one pool for all recipients."""

    def __init__(
        self, settings: NotifySettings, now: Callable[[], float] = time.time, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._now = now
        self._timeout_s = timeout_s
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=settings.tls,
            max_connections=MOST_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=GuardedNetwork(settings.networks),
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()

    async def send(self, message: Claimed) -> Failure | None:
        """Sends a message; None says that the recipient took it."""
        content = from_json(message.content)
        body = webhook_body(message.format, content, message.language, cause=message.cause, key=message.idempotency_key)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(message, body)
        except (TimeoutError, httpcore.TimeoutException):
            return Failure(f"timed out after {self._timeout_s:g} s")
        except RefusedTargetError:
            return Failure("the host has no address that messages may be sent to", permanent=True)
        except UnknownHostError:
            return Failure("the host's name cannot be resolved")
        except httpcore.ConnectError as error:
            return Failure(_connect_reason(error))
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Failure(f"the connection broke ({type(error).__name__})")

    def _headers(self, message: Claimed, body: bytes) -> list[tuple[str, str]]:
        timestamp = str(int(self._now()))
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("user-agent", "flet-montrg"),
            ("idempotency-key", message.idempotency_key),
            ("x-montrg-timestamp", timestamp),
        ]
        if message.secret is not None:
            headers.append(("x-montrg-signature", signature(message.secret, timestamp, body)))
        if traceparent := tracing.traceparent():
            headers.append((tracing.TRACEPARENT, traceparent))
        return headers

    async def _post(self, message: Claimed, body: bytes) -> Failure | None:
        # Where it is sent to is the recipient's address, which a trace does not tell.
        with tracing.span("POST", {"http.request.method": "POST"}, kind=tracing.CLIENT) as span:
            headers = self._headers(message, body)
            url = _ascii_url(message.recipient)
            async with self._pool.stream("POST", url, headers=headers, content=body) as response:
                span.set_attribute("http.response.status_code", response.status)
                if response.status >= HTTPStatus.BAD_REQUEST:
                    span.failed(str(response.status))
                read = 0
                async for chunk in response.aiter_stream():
                    read += len(chunk)
                    if read > MOST_ANSWER:
                        break
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        wrong = HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        permanent = wrong and response.status not in PASSING
        return Failure(f"HTTP status {response.status}", permanent, _retry_after_s(response.headers, self._now()))


def _ascii_url(url: str) -> str:
    """Returns a URL as it goes over the wire: names and paths in other letters are encoded."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    authority = authority if authority.isascii() else authority.encode("idna").decode()
    encoded = "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode()) for c in path)
    return f"{scheme}://{authority}{slash or '/'}{encoded.partition('#')[0]}"


def _connect_reason(error: httpcore.ConnectError) -> str:
    """Returns why there was no connection, without the address."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the certificate is not trusted; see MONTRG_CA_FILE"
        cause = cause.__cause__ or cause.__context__
    return "no connection could be made"


def _retry_after_s(headers: Sequence[tuple[bytes, bytes]], now: float) -> float:
    """Returns how long the recipient asks to wait, given in seconds or as a date; 0 if it does not say."""
    text = next(
        (value.decode("ascii", "replace").strip() for name, value in headers if name.lower() == b"retry-after"), ""
    )
    if text.isascii() and text.isdigit():
        return min(float(text), MOST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - datetime.fromtimestamp(now, UTC)).total_seconds()), MOST_WAIT_S)
