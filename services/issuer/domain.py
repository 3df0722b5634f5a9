"""What a token says, and which keys count. Pure; time is an argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.common.access.claims import SUBJECT, ClaimNames
from services.common.access.domain import Role
from services.common.errors import invalid

FOLDER, PUBLIC = "issuer", "jwks.json"
ISSUER = AUDIENCE = "flet-montrg"
HOURS, MOST_HOURS = 12.0, 30 * 24.0
MOST_NAME, MOST_FACTORIES, MOST_WORDS = 100, 100, 200
# Not of RFC 7517, so that whoever verifies passes over it: when the last token that a key has signed ends.
UNTIL = "montrg_until"


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a token is for: a name, a role, and factories as `scope_of` reads them."""

    name: str
    role: Role
    factories: tuple[str, ...]


def public_file(data_dir: Path) -> Path:
    """Returns the file of the public keys that count, a JSON Web Key Set."""
    return data_dir / FOLDER / PUBLIC


def grantee(name: str, role: str, factories: Sequence[str]) -> Grantee:
    """Returns whom the words mean; what is wrong with them is an InvalidInputError that names the field."""
    roles = {each.name.lower(): each for each in Role}
    if not 0 < len(name.strip()) <= MOST_NAME or not name.isprintable():
        raise invalid("name", f"is {name!r}; give 1 to {MOST_NAME} letters, as the person is called")
    if role not in roles:
        raise invalid("role", f"is {role!r}; give one of {', '.join(roles)}")
    words = tuple(each.strip() for each in factories)
    if not 0 < len(words) <= MOST_FACTORIES or not all(0 < len(each) <= MOST_WORDS for each in words):
        raise invalid(
            "factories",
            f"are {', '.join(factories)!r}; give 1 to {MOST_FACTORIES}, such as Newark, 'Ulsan > Press' or "
            "'Ulsan > *', or '*' for all of them",
        )
    return Grantee(name.strip(), roles[role], words)


def life(hours: float) -> timedelta:
    """Returns how long a token is to last; an InvalidInputError where that is too long."""
    if not 0 < hours <= MOST_HOURS:
        raise invalid("hours", f"is {hours:g}; give more than 0, and at most {MOST_HOURS:g}, which is 30 days")
    return timedelta(hours=hours)


def claims(who: Grantee, names: ClaimNames, now: datetime, lasts: timedelta) -> Mapping[str, Any]:
    """Returns a token's claims under the names that this mesh reads."""
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + lasts).timestamp()),
        SUBJECT: who.name,
        names.name: who.name,
        names.role: who.role.name.lower(),
        names.factories: list(who.factories),
    }


def with_new(keys: Sequence[Mapping[str, Any]], new: Mapping[str, Any], now: datetime) -> list[Mapping[str, Any]]:
    """Returns the public keys that count once `new` signs: it, and earlier ones while their tokens may last."""
    last = int((now + timedelta(hours=MOST_HOURS)).timestamp())
    kept = [{UNTIL: last, **key} for key in keys]
    return [new, *(key for key in kept if key[UNTIL] > now.timestamp())]
