"""What a token says of a person, odd ones included."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from services.common.access.claims import ClaimNames, person
from services.common.access.domain import NOTHING, Kind, Role, scope_of
from services.common.errors import UnauthenticatedError

NAMES = ClaimNames()


def encoded(payload: object) -> str:
    return urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


def test_a_person_is_who_the_token_says() -> None:
    payload = encoded(
        {
            "preferred_username": "김안전",
            "sub": "7",
            "montrg_role": "engineer",
            "montrg_factories": ["Ulsan > Press", "N"],
        }
    )
    caller = person(payload, NAMES, "10.0.0.7")
    assert (caller.kind, caller.name, caller.role) == (Kind.PERSON, "김안전", Role.ENGINEER)
    assert (caller.scope, caller.sensors, caller.address) == (scope_of(["Ulsan > Press", "N"]), None, "10.0.0.7")


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        ("viewer", Role.VIEWER),
        (" Admin ", Role.ADMIN),
        (["offline_access", "viewer", "engineer", "operator"], Role.ENGINEER),
        (["offline_access"], None),
        ("root", None),
        ("viewer engineer", None),
        ([], None),
        (None, None),
        (4, None),
        (True, None),
        ({"viewer": 1}, None),
        ([["admin"]], None),
        ([None, 4, {}], None),
        ("", None),
    ],
)
def test_the_highest_role_counts_and_odd_shapes_are_none(claim: Any, role: Role | None) -> None:
    assert person(encoded({"sub": "a", "montrg_role": claim}), NAMES).role is role


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (["*"], ["*"]),
        ("Press, old", ["Press, old"]),
        (["Ulsan > *", " Press "], ["Ulsan > *", "Press"]),
        ([], []),
        (None, []),
        (["", "  "], []),
        ([1, None, ["*"], {"*": 1}], []),
        ({"*": True}, []),
        (True, []),
    ],
)
def test_factories_are_a_list_of_words_or_one_and_odd_shapes_are_none(claim: Any, words: list[str]) -> None:
    assert person(encoded({"sub": "a", "montrg_factories": claim}), NAMES).scope == scope_of(words)


def test_without_the_claims_a_person_has_no_role_and_no_factory() -> None:
    caller = person(encoded({"sub": "a"}), NAMES)
    assert (caller.role, caller.scope) == (None, NOTHING)


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["a", "b"][:0], {}, "\u200b", "\ud800"])
def test_without_a_name_the_subject_is_the_name(name: Any) -> None:
    assert person(encoded({"sub": "f:1:kim", "preferred_username": name}), NAMES).name == "f:1:kim"


def test_claims_have_the_names_of_the_settings_also_inside_of_others() -> None:
    names = ClaimNames("realm_access.roles", "https://montrg.example/factories", "email")
    claims = {
        "sub": "1",
        "email": "kim@plant.example",
        "realm_access": {"roles": ["uma", "operator"]},
        "https://montrg.example/factories": ["*"],
    }
    caller = person(encoded(claims), names)
    assert (caller.name, caller.role, caller.scope.is_everything) == ("kim@plant.example", Role.OPERATOR, True)


@pytest.mark.parametrize("realm", [None, [], "admin", {"roles": {"admin": 1}}, {"else": ["admin"]}])
def test_a_way_into_a_claim_that_ends_gives_no_role(realm: Any) -> None:
    names = ClaimNames("realm_access.roles")
    assert person(encoded({"sub": "a", "realm_access": realm}), names).role is None


@pytest.mark.parametrize(
    "payload",
    [
        *(
            "",
            "é",
            "!!!",
            "e30",
            encoded([]),
            encoded("admin"),
            encoded(7),
            encoded(None),
            encoded({"sub": 7}),
            "gICA",
            "a",
        ),
        *(urlsafe_b64encode(odd).decode() for odd in (b"[" * 100_000, b"1" * 5_000)),
    ],
)
def test_what_names_nobody_is_nobody(payload: str) -> None:
    with pytest.raises(UnauthenticatedError) as refusal:
        person(payload, NAMES)
    assert refusal.value.reason == "NO_NAME"


def test_a_name_has_nothing_that_nobody_sees_or_no_database_takes() -> None:
    assert person(encoded({"sub": "ki\0m\u202e \ud800안전\u200b\n"}), NAMES).name == "kim 안전"


def test_a_name_is_cut_where_it_would_not_end() -> None:
    assert len(person(encoded({"sub": "x" * 10_000}), NAMES).name) == 200
