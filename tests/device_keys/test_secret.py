"""The form of a secret, and which key it opens when."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.device_keys.domain import Key, Keys
from services.device_keys.secret import digest, key_id_of, new_key_id, new_secret

NOW = datetime(2026, 7, 15, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ID = "0123456789abcdef"
PRESENT, PREVIOUS = new_secret(ID), new_secret(ID)
KEY = Key(ID, frozenset({"S1"}), None, digest(PRESENT), b"", None)


def test_a_secret_names_its_key_and_is_like_no_other():
    key_id = new_key_id()
    made = {new_secret(key_id) for _ in range(100)}
    assert len(made) == 100
    for secret in made:
        assert len(secret) == len("mk_") + len(key_id) + 1 + 43
        assert key_id_of(secret) == key_id
    assert len({new_key_id() for _ in range(100)}) == 100


def test_of_a_secret_its_sha256_is_kept():
    assert digest("mk_a_b") == hashlib.sha256(b"mk_a_b").digest()


@pytest.mark.parametrize(
    "word",
    ["", "mk_", ID, PRESENT[:-1], PRESENT + "A", PRESENT.upper(), " " + PRESENT, PRESENT + "\n", "센서", "x" * 100_000],
    ids=range(10),
)
def test_what_has_not_the_form_of_a_secret_opens_nothing(word):
    assert key_id_of(word) is None
    assert Keys(1, {ID: KEY}).of(word, NOW) is None


def test_a_secret_opens_its_own_key_only():
    other = "fedcba9876543210"
    keys = Keys(1, {ID: KEY, other: replace(KEY, key_id=other, secret_sha256=digest(new_secret(other)))})
    assert keys.of(PRESENT, NOW) is KEY
    assert keys.of(PRESENT.replace(ID, other), NOW) is None
    assert keys.of(new_secret(ID), NOW) is None
    assert Keys(2, {}).of(PRESENT, NOW) is None


def test_a_key_that_has_expired_is_opened_by_nothing():
    mortal = replace(KEY, expire_time=NOW)
    assert mortal.opens_with(PRESENT, NOW - MINUTE)
    assert not mortal.opens_with(PRESENT, NOW)


def test_the_secret_before_opens_until_its_time_is_over():
    rotated = replace(KEY, previous_sha256=digest(PREVIOUS), previous_valid_until=NOW)
    assert rotated.opens_with(PREVIOUS, NOW - MINUTE)
    assert not rotated.opens_with(PREVIOUS, NOW)
    assert rotated.opens_with(PRESENT, NOW)
