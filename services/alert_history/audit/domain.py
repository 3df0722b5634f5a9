"""A record of a change, what makes one, and what can be asked of them. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.alert_history.domain import EARLIEST, name_violations, refuse
from services.common.errors import NotFoundError, Violation, invalid
from services.common.paging import Key, not_of_this_list

# What is of such a kind is in no factory, and the same for everybody. Of another kind it may be in all factories, or
# nobody knows in which: then it takes a caller who may see all of them.
COMMON_KINDS = ("threshold",)
ACTOR_KINDS = ("person", "device", "service")
MAX_RECORDS = 1000
MAX_TEXT = 4000
FUTURE = timedelta(days=1)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REQUIRED = ("service", "kind", "id", "action", "actor")
_TEXTS = (*_REQUIRED, "actor_kind", "actor_role", "address", "request_id", "note", "plant", "factory")


@dataclass(frozen=True, slots=True)
class Record:
    """A change: of what, by whom, from where, and how it was before and after. What does not apply is None."""

    record_id: UUID
    record_time: datetime
    service: str
    kind: str
    id: str
    action: str
    actor: str
    actor_kind: str
    actor_role: str | None
    address: str
    request_id: str
    note: str | None
    plant: str | None
    factory: str | None
    changed_fields: Sequence[str]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    append_time: datetime


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Keeps a list to records that fit each value that is not None; the range ends before `end_time`."""

    start_time: datetime | None = None
    end_time: datetime | None = None
    kind: str | None = None
    id: str | None = None
    actor: str | None = None
    factory: str | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of records: how many are new, and how many were here already."""

    appended: int
    duplicate: int


def checked_filter(wanted: RecordFilter) -> RecordFilter:
    """Returns the filter, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    if wanted.start_time is not None and wanted.end_time is not None and wanted.start_time >= wanted.end_time:
        bad.append(Violation("end_time", "is not after start_time; give a later time"))
    for name in ("kind", "id", "actor", "factory"):
        bad += name_violations(name, getattr(wanted, name))
    refuse(bad)
    return wanted


def record_id_of(word: str) -> UUID:
    """Returns a record's id, or raises NotFoundError: nothing is called so."""
    if _UUID.fullmatch(word) is None:
        raise no_record(word)
    return UUID(word)


def checked_after(after: Key | None) -> None:
    """Raises InvalidInputError if what a list is to continue after is no key of a record."""
    if after is not None and _UUID.fullmatch(str(after[1])) is None:
        raise not_of_this_list()


def checked_records(records: Sequence[Mapping[str, Any]], now: datetime) -> list[Record]:
    """Returns records that were sent, by their fields, or raises InvalidInputError with all that is wrong."""
    if not 1 <= len(records) <= MAX_RECORDS:
        raise invalid("records", f"holds {len(records)} records; give 1 to {MAX_RECORDS}")
    bad: list[Violation] = []
    checked = [_checked(fields, f"records[{index}]", now, bad) for index, fields in enumerate(records)]
    refuse(bad)
    return checked


def _checked(fields: Mapping[str, Any], place: str, now: datetime, bad: list[Violation]) -> Record:
    known = _UUID.fullmatch(fields["record_id"]) is not None
    if not known:
        bad.append(Violation(f"{place}.record_id", "is no UUID; give the one that the change was recorded with"))
    moment = fields["record_time"]
    if moment is None or not EARLIEST <= moment <= now + FUTURE:
        bad.append(Violation(f"{place}.record_time", "is missing, before 2000 or more than a day ahead; give when"))
    bad += [Violation(f"{place}.{name}", "is missing; give it") for name in _REQUIRED if not fields[name]]
    for name in _TEXTS:
        value = fields[name]
        if value is not None and (len(value) > MAX_TEXT or "\0" in value):
            bad.append(Violation(f"{place}.{name}", f"give at most {MAX_TEXT} characters, none of them U+0000"))
    if fields["actor_kind"] not in ACTOR_KINDS:
        bad.append(Violation(f"{place}.actor_kind", f"give one of {', '.join(ACTOR_KINDS)}"))
    record_id = UUID(fields["record_id"]) if known else UUID(int=0)
    return Record(**{**fields, "record_id": record_id, "record_time": moment or now, "append_time": now})


def no_record(record_id: str) -> NotFoundError:
    """Words the refusal of a record that is not there."""
    message = f"there is no record {record_id[:60]!r}; GET /api/v1/audit lists them"
    return NotFoundError(message, "AUDIT_RECORD_NOT_FOUND", {"record_id": record_id[:60]})
