"""Device keys as values, what makes one valid, and how a refusal is worded. Pure; time is an argument."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.common.audit.content import SECRET
from services.common.errors import FailedPreconditionError, InvalidInputError, NotFoundError, Violation, invalid
from services.location.domain import ID_REMEDY, MAX_NAMED_SENSORS, is_id, text_violations

MAX_SENSORS = 1000
OVERLAPS_MINUTES = (0, 10_080)
DEFAULT_OVERLAP_MINUTES = 1440
MAX_USES = 10_000
MAX_ADDRESS = 200

_EXPIRE_REMEDY = "give a time to come, such as 2030-12-31T00:00:00+09:00, or leave it out for a key that never ends"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A key as it is stored.

    Attributes:
        sensor_ids: ascending, each once.
        expire_time: None where it never ends.
        secret_sha256: of the secret; the secret itself is kept nowhere.
        previous_sha256: of the secret before the last rotation, None where that one works no more.
        previous_valid_until: when that one ends.
        last_use_address: empty where nobody knows.
    """

    key_id: str
    name: str
    sensor_ids: tuple[str, ...]
    expire_time: datetime | None
    create_time: datetime
    secret_sha256: bytes = field(metadata=SECRET)
    previous_sha256: bytes | None = field(default=None, metadata=SECRET)
    previous_valid_until: datetime | None = None
    last_use_time: datetime | None = None
    last_use_address: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key with its new secret, which only the answer to who asked for it has."""

    key: DeviceKey
    secret: str = field(repr=False)  # lest a log shows it


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """Every key at one revision."""

    revision: int
    keys: Sequence[DeviceKey]


@dataclass(frozen=True, slots=True)
class DeviceKeyFilter:
    """Keeps a list to the keys of one sensor, where it is not None."""

    sensor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of a key."""

    key_id: str
    use_time: datetime
    address: str


def new_key(key_id: str, secret_sha256: bytes, fields: Mapping[str, Any], now: datetime) -> DeviceKey:
    """Makes a key of what a caller gave, or raises InvalidInputError with every missing and bad field."""
    blank = DeviceKey(key_id, "", (), None, now, secret_sha256)
    key = replace(blank, **fields)
    violations = [
        *text_violations("name", key.name, 0),
        *_sensor_violations(key.sensor_ids),
        *_expiry_violations(key.expire_time, now),
    ]
    if violations:
        raise InvalidInputError(violations)
    return replace(key, sensor_ids=tuple(sorted(set(key.sensor_ids))))


def rotated(old: DeviceKey, secret_sha256: bytes, overlap: timedelta, now: datetime) -> DeviceKey:
    """Returns the key with a new secret; the present one works for the overlap, and one before it no more."""
    if old.expire_time is not None and now >= old.expire_time:
        raise has_expired(old)
    return replace(
        old,
        secret_sha256=secret_sha256,
        previous_sha256=old.secret_sha256 if overlap else None,
        previous_valid_until=now + overlap if overlap else None,
    )


def overlap_of(minutes: int | None) -> timedelta:
    """Returns for how long a secret works on after its rotation, or raises InvalidInputError."""
    least, most = OVERLAPS_MINUTES
    given = DEFAULT_OVERLAP_MINUTES if minutes is None else minutes
    if not least <= given <= most:
        raise invalid("overlap_minutes", f"is {given}; give {least} (the present secret ends at once) to {most}")
    return timedelta(minutes=given)


def checked_filter(wanted: DeviceKeyFilter) -> DeviceKeyFilter:
    """Returns the filter, or raises InvalidInputError if no sensor can be called so."""
    if wanted.sensor_id is not None and not is_id(wanted.sensor_id):
        raise invalid("sensor_id", f"is {wanted.sensor_id[:60]!r}; {ID_REMEDY}")
    return wanted


def checked_uses(uses: Sequence[Use]) -> Sequence[Use]:
    """Returns the uses, or raises InvalidInputError for too many, or for one that cannot be kept."""
    if len(uses) > MAX_USES:
        raise invalid("uses", f"has {len(uses)} entries; give at most {MAX_USES}")
    violations = [
        Violation(f"uses[{number}].{name}", f"has a NUL or over {MAX_ADDRESS} characters; leave the use out")
        for number, use in enumerate(uses)
        for name, value in (("key_id", use.key_id), ("address", use.address))
        if "\0" in value or len(value) > MAX_ADDRESS
    ]
    if violations:
        raise InvalidInputError(violations)
    return uses


def _sensor_violations(sensor_ids: Collection[str]) -> list[Violation]:
    count = len(set(sensor_ids))
    if not 1 <= count <= MAX_SENSORS:
        return [Violation("sensor_ids", f"names {count} sensors; give 1 to {MAX_SENSORS}")]
    bad = [f"{word[:60]!r}" for word in sensor_ids if not is_id(word)]
    return [Violation("sensor_ids", f"has {_some(bad)}; {ID_REMEDY}")] if bad else []


def _expiry_violations(expire_time: datetime | None, now: datetime) -> list[Violation]:
    if expire_time is None or expire_time > now:
        return []
    return [Violation("expire_time", f"is {expire_time.isoformat()}, which is past; {_EXPIRE_REMEDY}")]


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:MAX_NAMED_SENSORS]) + (" and more" if len(words) > MAX_NAMED_SENSORS else "")


def no_key(key_id: str) -> NotFoundError:
    """Words the refusal of a key that does not exist."""
    message = f"there is no device key {key_id[:60]!r}; GET /api/v1/device-keys/ lists them"
    return NotFoundError(message, "DEVICE_KEY_NOT_FOUND", {"key_id": key_id[:60]})


def no_such_sensors(sensor_ids: Sequence[str]) -> InvalidInputError:
    """Words the refusal of a key of sensors that do not exist; of many the first ten are named."""
    named = _some([f"{sensor_id!r}" for sensor_id in sensor_ids])
    return invalid("sensor_ids", f"has {named}: no such sensors; create them first with POST /api/v1/sensors/")


def has_expired(key: DeviceKey) -> FailedPreconditionError:
    """Words the refusal to rotate a key that has expired."""
    message = f"device key {key.key_id!r} has expired; create a new one with POST /api/v1/device-keys/"
    return FailedPreconditionError(message, "DEVICE_KEY_EXPIRED", {"key_id": key.key_id})
