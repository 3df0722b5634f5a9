"""What the sending of messages is told."""

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_network

import certifi

from services.alert.networks import Networks
from services.alert.notify.links import Links
from services.common.settings import SECURE, Environment, SettingsError, profile

NONE, STARTTLS, TLS = "none", "starttls", "tls"
_PORTS = {NONE: 25, STARTTLS: 587, TLS: 465}
ON, OFF = "on", "off"


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server. Without a user nothing is asked for."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """What the sending of messages is told.

    Attributes:
        links: where messages lead people.
        networks: where webhooks may be.
        tls: whom to trust.
        smtp: the mail server, or None: then there is no e-mail.
        kept_days: how long what was sent is kept.
    """

    links: Links
    networks: Networks
    tls: ssl.SSLContext
    smtp: Smtp | None
    kept_days: int = 90


def read_settings(environment: Environment) -> NotifySettings:
    """Reads the settings; a wrong one is a SettingsError."""
    return NotifySettings(
        links=_links(environment),
        networks=_networks(environment),
        tls=_tls(environment.text("CA_FILE", "")),
        smtp=_smtp(environment),
        kept_days=environment.integer("NOTIFICATION_DAYS", 90, 1, 3_660),
    )


def _links(environment: Environment) -> Links:
    scheme = "https" if profile(environment) == SECURE else "http"
    public_url = environment.text("PUBLIC_URL", f"{scheme}://127.0.0.1:30005").rstrip("/")
    dashboard_url = environment.text("DASHBOARD_URL", "").rstrip("/")
    schemes = ("http://", "https://")
    if not public_url.startswith(schemes):
        raise SettingsError(f"MONTRG_PUBLIC_URL is {public_url!r}; give where people reach the service, with https://")
    if dashboard_url and not dashboard_url.startswith(schemes):
        message = f"MONTRG_DASHBOARD_URL is {dashboard_url!r}; give where people reach the dashboard, with https://"
        raise SettingsError(f"{message}, or nothing")
    return Links(public_url, dashboard_url)


def _networks(environment: Environment) -> Networks:
    """Reads where webhooks may be: in the secure profile only where everybody could send to, and in those named."""
    default = OFF if profile(environment) == SECURE else ON
    is_private_allowed = environment.choice("WEBHOOK_ALLOW_PRIVATE", default, (ON, OFF)) == ON
    words = environment.text("WEBHOOK_ALLOW", "")
    try:
        allowed = tuple(ip_network(word.strip()) for word in words.split(",") if word.strip())
    except ValueError as error:
        raise SettingsError(
            f"MONTRG_WEBHOOK_ALLOW is {words!r}: {error}; give networks, such as 10.20.0.0/16,fd12:3456::/32"
        ) from error
    return Networks(is_private_allowed, allowed)


def _tls(ca_file: str) -> ssl.SSLContext:
    """Returns whom to trust: those whom browsers trust, and the company's own authority where one is given."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            message = f"MONTRG_CA_FILE is {ca_file!r}, which cannot be read ({error}); give a file of certificates"
            raise SettingsError(message) from error
    return context


def _smtp(environment: Environment) -> Smtp | None:
    host = environment.text("SMTP_HOST", "")
    if not host:
        return None
    security = environment.choice("SMTP_SECURITY", STARTTLS, (NONE, STARTTLS, TLS))
    user, password = environment.text("SMTP_USER", ""), environment.text("SMTP_PASSWORD", "")
    if bool(user) != bool(password):
        raise SettingsError("MONTRG_SMTP_USER and MONTRG_SMTP_PASSWORD go together; set both or neither")
    port = environment.integer("SMTP_PORT", _PORTS[security], 1, 65_535)
    return Smtp(host, port, security, user, password, environment.text("SMTP_FROM", f"flet-montrg@{host}"))
