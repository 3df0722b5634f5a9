"""What a record says of a change, and what it never says."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.common.access.domain import Caller, Kind, Role, anybody
from services.common.audit.content import SECRET, Actor, changed_fields, content, record


@dataclass(frozen=True, slots=True)
class Part:
    valid_from: datetime
    offset: float


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    parts: tuple[Part, ...]
    secret: str | None = field(metadata=SECRET)
    limit: float | None
    upd_dt: datetime


NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
THING = Thing("one", (Part(NOON, 0.5),), "s3cr3t-word", None, NOON)
ANN = Actor(Caller(Kind.PERSON, "ann", Role.ENGINEER, address="192.0.2.7"), "r-1")


def test_a_thing_is_told_by_its_fields_as_rest_tells_them():
    assert content(THING) == {
        "name": "one",
        "parts": [{"valid_from": "2026-07-15T12:00:00Z", "offset": 0.5}],
        "has_secret": True,
        "limit": None,
        "upd_dt": "2026-07-15T12:00:00Z",
    }
    assert content(None) is None


def test_a_secret_is_said_to_be_set_or_not_and_to_have_changed_and_nothing_else():
    other = replace(THING, secret="an0ther-word")
    told = record(ANN, "alert", ("subscription", 1), THING, other)
    assert (told["before"]["has_secret"], told["after"]["has_secret"]) == (True, True)
    assert told["changed_fields"] == ["secret"]
    assert "word" not in str(told)
    told = record(ANN, "alert", ("subscription", 1), None, replace(THING, secret=None))
    assert told["after"]["has_secret"] is False


def test_what_was_done_follows_from_what_was_there_before_and_after():
    told = [record(ANN, "location", ("sensor", "S-1"), before, after) for before, after in _SIDES]
    assert [one["action"] for one in told] == ["created", "updated", "deleted"]
    assert [("before" in one, "after" in one) for one in told] == [(False, True), (True, True), (True, False)]
    assert [one["changed_fields"] for one in told] == [[], ["limit"], []]


_SIDES = [(None, THING), (THING, replace(THING, limit=1.0)), (THING, None)]


def test_a_change_to_the_same_values_has_changed_nothing_but_its_time():
    assert changed_fields(THING, replace(THING, upd_dt=NOON.replace(hour=13))) == ["upd_dt"]


def test_a_signed_in_caller_is_who_did_it_whoever_they_say_they_are():
    told = record(replace(ANN, claimed="bob"), "alert", ("alert", 1), THING, THING)
    assert {name: told[name] for name in ("actor", "actor_kind", "actor_role", "address", "request_id")} == {
        "actor": "ann",
        "actor_kind": "person",
        "actor_role": "engineer",
        "address": "192.0.2.7",
        "request_id": "r-1",
    }


def test_nothing_that_a_caller_sends_makes_a_record_that_would_be_refused():
    caller = Caller(Kind.PERSON, "a\0nn\ud800", Role.ADMIN, address="192.0.2.7")
    told = record(Actor(caller, "r" * 60_000), "alert", ("alert", 1), None, THING)
    assert (told["actor"], len(told["request_id"])) == ("ann", 100)


def test_without_sign_in_it_is_who_they_say_they_are_and_anonymous_where_they_do_not():
    claims = [record(Actor(anybody(), "", claimed), "alert", ("alert", 1), None, THING) for claimed in ("bob", None)]
    assert [one["actor"] for one in claims] == ["bob", "anonymous"]


def test_what_no_call_caused_the_service_did_itself():
    told = record(Actor(None), "alert", ("alert", 1), None, THING)
    assert (told["actor"], told["actor_kind"]) == ("alert", "service")
    assert not {"address", "request_id", "actor_role"} & set(told)
