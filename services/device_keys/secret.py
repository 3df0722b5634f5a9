"""The form of a device key's secret, and what is kept of it. Pure."""

import hashlib
import re
import secrets

# The key's id is in its secret, so that one look into a table finds the only key that it can be of.
_SECRET = re.compile(r"mk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_ID_BYTES = 8
_RANDOM_BYTES = 32


def new_key_id() -> str:
    """Returns an id that no key has: 16 hexadecimal digits."""
    return secrets.token_hex(_ID_BYTES)


def new_secret(key_id: str) -> str:
    """Returns a new secret of a key, with 256 random bits in it."""
    return f"mk_{key_id}_{secrets.token_urlsafe(_RANDOM_BYTES)}"


def key_id_of(secret: str) -> str | None:
    """Returns the id of the key that a secret would be of, or None where it has not the form of one."""
    found = _SECRET.fullmatch(secret)
    return found[1] if found else None


def digest(secret: str) -> bytes:
    """Returns what is kept of a secret: its SHA-256.

    A password needs a slow hash with a salt since people choose few of them, which can all be tried. Nobody can try
    256 random bits, however quick each try is, and no two secrets are alike, so that a salt would tell nothing apart.
    And a slow hash at each call would be a way to keep the service from its work.
    """
    return hashlib.sha256(secret.encode()).digest()
