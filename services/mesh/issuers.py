"""Renders what verifies tokens: whose count, where their keys are, and the calls that need none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.common.authorities import known_authorities
from services.common.settings import Environment, SettingsError
from services.issuer.domain import AUDIENCE, ISSUER
from services.mesh import secure, templates
from services.mesh.clusters import cluster_type, load_assignment
from services.mesh.options import Issuers, Oidc, RenderOptions

_HTTPS = 443

_LOCAL, _OIDC = "local", "oidc"
# A key that was just made is known within two seconds. Fetched when somebody calls, by Envoy from itself.
_OF_FILE = {"cache_duration": "2s"}
# Before the first call, and from then on in good time: an issuer that is away for a while is not noticed.
_OF_ISSUER = {"cache_duration": "300s", "async_fetch": {}}

_INTERNAL = "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener"


def read_issuers(environment: Environment, jwks_file: Path | None = None) -> Issuers:
    """Reads whose tokens count: those of the keys in a file, of an OIDC issuer, or of both.

    `jwks_file` is the one where JWKS_FILE is not set. That nobody could sign in is a SettingsError.
    """
    given = environment.text("JWKS_FILE", str(jwks_file or ""), prefixed=True)
    if given and not Path(given).is_file():
        raise SettingsError(
            f"MONTRG_JWKS_FILE is {given}, which is not there; give the jwks.json that `montrg token` makes"
        )
    issuers = Issuers(Path(given).absolute() if given else None, _oidc(environment))
    if issuers == Issuers():
        raise SettingsError(
            "nobody could sign in; set MONTRG_OIDC_ISSUER and MONTRG_OIDC_JWKS_URL, or MONTRG_JWKS_FILE"
        )
    return issuers


def _oidc(environment: Environment) -> Oidc | None:
    issuer = environment.text("OIDC_ISSUER", "", prefixed=True)
    if not issuer:
        return None
    url = environment.text("OIDC_JWKS_URL", "", prefixed=True)
    if not _is_https(url):
        raise SettingsError(
            f"MONTRG_OIDC_JWKS_URL is {url!r}; give the jwks_uri, with https://, that "
            f"{issuer.rstrip('/')}/.well-known/openid-configuration tells"
        )
    authorities = Path(environment.text("OIDC_CA_FILE", known_authorities(), prefixed=True))
    if not authorities.is_file():
        raise SettingsError(
            f"MONTRG_OIDC_CA_FILE is {str(authorities)!r}, which is not there; give the file of the authorities that "
            "the issuer's certificate is of"
        )
    client_id = environment.text("OIDC_CLIENT_ID", "", prefixed=True)
    if client_id and not _is_https(issuer):
        raise SettingsError(
            f"MONTRG_OIDC_ISSUER is {issuer!r}, and MONTRG_OIDC_CLIENT_ID is set; browsers sign in at an issuer with "
            "https:// alone, so give such a one, or no client"
        )
    audience = environment.text("OIDC_AUDIENCE", AUDIENCE, prefixed=True)
    return Oidc(issuer, audience, url, authorities.absolute(), client_id)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def filters(issuers: Issuers | None, pages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Renders the filter of a listener, if anybody's tokens count; what matches one of `pages` is for all."""
    if issuers is None:
        return []
    providers = {}
    if issuers.jwks_file is not None:
        names = {"issuer": ISSUER, "audience": AUDIENCE}
        providers[_LOCAL] = _provider(names, "http://localhost/jwks.json", "jwks", _OF_FILE)
    if issuers.oidc is not None:
        names = {"issuer": issuers.oidc.issuer, "audience": issuers.oidc.audience}
        providers[_OIDC] = _provider(names, issuers.oidc.jwks_url, "oidc", _OF_ISSUER)
    requirements = [*({"provider_name": name} for name in providers), {"allow_missing": {}}]
    values = {"providers": providers, "requirements": requirements, "pages": [{"match": page} for page in pages]}
    return [templates.fill(templates.load("jwt.yaml"), values)]


def listeners(options: RenderOptions) -> list[dict[str, Any]]:
    """Renders what gives a file's keys to Envoy itself."""
    issuers = options.issuers
    if issuers is None or issuers.jwks_file is None:
        return []
    values = {"file": options.path_of(issuers.jwks_file), "folder": options.path_of(issuers.jwks_file.parent)}
    return [templates.fill(templates.load("jwks.yaml"), values)]


def clusters(issuers: Issuers | None) -> list[dict[str, Any]]:
    """Renders where keys are fetched."""
    if issuers is None:
        return []
    return [*([_own()] if issuers.jwks_file is not None else []), *([_of(issuers.oidc)] if issuers.oidc else [])]


def bootstrap(options: RenderOptions) -> dict[str, Any]:
    """Renders what Envoy needs for a listener without a port."""
    if not listeners(options):
        return {}
    return {
        "bootstrap_extensions": [
            {"name": "envoy.bootstrap.internal_listener", "typed_config": {"@type": _INTERNAL}},
        ]
    }


def _provider(names: dict[str, str], url: str, cluster: str, fetched: dict[str, Any]) -> dict[str, Any]:
    source = {"http_uri": {"uri": url, "cluster": cluster, "timeout": "2s"}, **fetched}
    return {**templates.fill(templates.load("issuer.yaml"), names), "remote_jwks": source}


def _own() -> dict[str, Any]:
    endpoint = {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": "jwks"}}}}
    assignment = {"cluster_name": "jwks", "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": "jwks", "type": "STATIC", "load_assignment": assignment}


def _of(oidc: Oidc) -> dict[str, Any]:
    parts = urlsplit(oidc.jwks_url)
    host = str(parts.hostname)
    places = [(host, parts.port or _HTTPS)]
    return {
        **templates.load("oidc.yaml"),
        **secure.outside(host, oidc.authorities),
        **cluster_type(places),
        "load_assignment": load_assignment(_OIDC, places),
    }
