"""How programs of our own sign in at a mesh: with a token that they are given, or with one that they make."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc

from services.certs.outside import outside_target
from services.common.access.wiring import claim_names
from services.common.channels import Target
from services.common.settings import Environment, SettingsError
from services.common.tls import ClientCredentials
from services.issuer import keys
from services.issuer.domain import FOLDER, Grantee

_LASTS = timedelta(hours=1)
_ANEW = _LASTS / 2

Token = Callable[[], str]


def signed_in_target(name: str, environment: Environment, data_dir: Path, who: Grantee) -> Target:
    """Returns where Envoy serves a service, by its name in the catalog, and how to call there.

    In the secure profile each call brings the token in MONTRG_TOKEN or in the file that MONTRG_TOKEN_FILE names, which
    is read for each call, or else one for `who` that the issuer in the data folder signs. Where there is none of them
    it is a SettingsError.
    """
    target = outside_target(name, environment, data_dir)
    if target.credentials is None:  # dev; and no token goes over a connection that others can read
        return target
    return replace(target, credentials=_SignedIn(target.credentials, _token(environment, data_dir, who)))


def _token(environment: Environment, data_dir: Path, who: Grantee) -> Token:
    if environment.text("TOKEN", "", prefixed=True):
        return lambda: environment.text("TOKEN", "", prefixed=True)
    if keys.is_there(data_dir):
        return _Own(environment, data_dir, who)
    raise SettingsError(
        "MONTRG_TOKEN is not set; give a token, or by MONTRG_TOKEN_FILE a file with one: `montrg token` makes it where "
        f"the mesh runs, whose folder {FOLDER} is not in {data_dir}"
    )


class _Own:
    """Makes tokens of the issuer on this machine, a new one in good time."""

    def __init__(self, environment: Environment, data_dir: Path, who: Grantee) -> None:
        self._names, self._data_dir, self._who = claim_names(environment), data_dir, who
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> str:
        now = datetime.now(UTC)
        if now >= self._until:
            self._token = keys.issuer(self._data_dir, now).token(self._who, self._names, now, _LASTS)
            self._until = now + _ANEW
        return self._token


class _Bearer(grpc.AuthMetadataPlugin):
    """Adds a token to each call."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, _: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        try:
            callback((("authorization", f"Bearer {self._token()}"),), None)
        except SettingsError as error:
            callback((), error)


class _SignedIn:
    """Credentials that bring a token, too."""

    def __init__(self, inner: ClientCredentials, token: Token) -> None:
        self._inner = inner
        self._call = grpc.metadata_call_credentials(_Bearer(token))
        self._of = inner.channel()
        self._composed = grpc.composite_channel_credentials(self._of, self._call)

    def channel(self) -> grpc.ChannelCredentials:
        """Returns the credentials for a new channel: the same object for as long as the inner ones are."""
        of = self._inner.channel()
        if of is not self._of:
            self._of, self._composed = of, grpc.composite_channel_credentials(of, self._call)
        return self._composed
