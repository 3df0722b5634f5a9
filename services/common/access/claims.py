"""What the claims of a verified token say of a person. Pure, and never surprised: anybody may issue odd tokens."""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.access.domain import Caller, Kind, Role, scope_of
from services.common.errors import UnauthenticatedError

SUBJECT = "sub"
_MOST_NAME = 200
_ROLES = {role.name.lower(): role for role in Role}


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where a token says what: the name of a claim, or the way into one with dots, such as `realm_access.roles`.

    Attributes:
        role: a role's word or a list of words, of which the highest role counts and what is no role is passed over.
        factories: a list of words as `scope_of` reads them, or one of them.
        name: what the person is called; where it is not there, the token's subject.
    """

    role: str = "montrg_role"
    factories: str = "montrg_factories"
    name: str = "preferred_username"


def person(payload: str, names: ClaimNames, address: str = "") -> Caller:
    """Returns whom a token names; `payload` is its middle part, base64url, which somebody else has verified.

    A person without a known role has none, and one without factories sees none. A payload that names nobody is an
    UnauthenticatedError.
    """
    claims = _decoded(payload)
    name = next((text for key in (names.name, SUBJECT) for text in _names(_claim(claims, key))), "")
    if not name:
        raise UnauthenticatedError(
            f"the token names nobody: it needs the claim {names.name} or {SUBJECT}; sign in anew", "NO_NAME"
        )
    roles = [_ROLES[word.lower()] for word in _words(_claim(claims, names.role)) if word.lower() in _ROLES]
    scope = scope_of(_words(_claim(claims, names.factories)))
    return Caller(Kind.PERSON, name[:_MOST_NAME], max(roles, default=None), scope, None, address)


def _decoded(payload: str) -> Mapping[str, Any]:
    try:
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Returns the claim of that very name, or the one that the name leads to by its dots."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _names(value: object) -> Iterable[str]:
    """Returns what a person may be called, without letters that nobody sees, by which one passes for another."""
    shown = ("".join(filter(str.isprintable, each)).strip() for each in _words(value))
    return [name for name in shown if name]


def _words(value: object) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [each.strip() for each in values if isinstance(each, str) and each.strip()]
