"""Device keys as they are needed to let a device in. Pure; time is an argument."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.device_keys.secret import digest, key_id_of


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        sensors: those whose readings are taken with it.
        expire_time: None where it never ends.
        previous_sha256: of the secret before the last rotation; empty where that one works no more.
        previous_valid_until: when that one ends.
    """

    key_id: str
    sensors: frozenset[str]
    expire_time: datetime | None
    secret_sha256: bytes
    previous_sha256: bytes
    previous_valid_until: datetime | None

    def opens_with(self, secret: str, now: datetime) -> bool:
        """Tells whether a secret is one of the key's that works now."""
        if self.expire_time is not None and now >= self.expire_time:
            return False
        given = digest(secret)
        # In constant time, both of them: how long it takes tells nothing of how much of a guess was right.
        is_present = hmac.compare_digest(given, self.secret_sha256)
        is_previous = hmac.compare_digest(given, self.previous_sha256)
        return is_present or (is_previous and self.previous_valid_until is not None and now < self.previous_valid_until)


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key at one revision."""

    revision: int
    by_id: Mapping[str, Key]

    def of(self, secret: str, now: datetime) -> Key | None:
        """Returns the key that a secret opens now, or None."""
        key_id = key_id_of(secret)
        key = self.by_id.get(key_id) if key_id is not None else None
        return key if key is not None and key.opens_with(secret, now) else None
