"""Sends messages by e-mail."""

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from services.alert.notify.content import from_json
from services.alert.notify.domain import Claimed, Failure
from services.alert.notify.formats import html_text, plain_text
from services.alert.notify.settings import STARTTLS, TLS, NotifySettings, Smtp
from services.common.clock import Clock

TIMEOUT_S = 15.0
NOT_SET_UP = "e-mail is not set up: set MONTRG_SMTP_HOST of the alert service"
_FIRST_PERMANENT = 500


class MailChannel:
    """Sends e-mails, each over a connection of its own."""

    def __init__(self, settings: NotifySettings, clock: Clock) -> None:
        self._smtp = settings.smtp
        self._tls = settings.tls
        self._clock = clock

    async def send(self, message: Claimed) -> Failure | None:
        """Sends a message; None says that the mail server took it."""
        if self._smtp is None:
            return Failure(NOT_SET_UP, permanent=True)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._send(self._smtp, self._mail(self._smtp, message))
        except (aiosmtplib.SMTPException, OSError) as error:  # a TimeoutError is an OSError
            return _failure(error)
        return None

    async def _send(self, smtp: Smtp, mail: EmailMessage) -> None:
        await aiosmtplib.send(
            mail,
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.user or None,
            password=smtp.password or None,
            use_tls=smtp.security == TLS,
            start_tls=smtp.security == STARTTLS,
            tls_context=self._tls if smtp.security in (TLS, STARTTLS) else None,
            timeout=TIMEOUT_S,
        )

    def _mail(self, smtp: Smtp, message: Claimed) -> EmailMessage:
        content = from_json(message.content)
        mail = EmailMessage()
        mail["From"] = smtp.sender
        mail["To"] = message.recipient
        mail["Subject"] = content.subject
        mail["Date"] = format_datetime(self._clock())
        # The same for the same message: mail programs show one of two.
        mail["Message-ID"] = f"<{message.idempotency_key}@{smtp.sender.rpartition('@')[2].strip('<> ')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(plain_text(content, message.language))
        mail.add_alternative(html_text(content, message.language), subtype="html")
        return mail


def _failure(error: Exception) -> Failure:
    if isinstance(error, (TimeoutError, aiosmtplib.SMTPTimeoutError)):
        return Failure(f"timed out after {TIMEOUT_S:g} s")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        # A password can be set right: what waits is sent then.
        return Failure(f"the mail server refused MONTRG_SMTP_USER and its password (SMTP code {error.code})")
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _refused("the recipient", error.recipients[0].code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused("the message", error.code)
    return Failure(_reason(error))


def _refused(what: str, code: int) -> Failure:
    return Failure(f"the mail server refused {what} (SMTP code {code})", permanent=code >= _FIRST_PERMANENT)


def _reason(error: BaseException) -> str:
    """Returns why there was no connection, without what a server said."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the mail server's certificate is not trusted; see MONTRG_CA_FILE"
        if isinstance(cause, ConnectionRefusedError):
            return "the mail server refused the connection"
        cause = cause.__cause__ or cause.__context__
    return f"the mail server could not be reached ({type(error).__name__})"
