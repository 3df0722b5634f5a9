"""What makes a device key valid, and what a rotation does."""

from datetime import UTC, datetime, timedelta

import pytest

from services.common.errors import FailedPreconditionError, InvalidInputError
from services.location.device_keys.domain import (
    DEFAULT_OVERLAP_MINUTES,
    DeviceKeyFilter,
    checked_filter,
    new_key,
    overlap_of,
    rotated,
)

NOW = datetime(2026, 7, 15, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def key(**fields):
    return new_key("k", b"first", {"sensor_ids": ("S1",)} | fields, NOW)


def blamed(call):
    with pytest.raises(InvalidInputError) as caught:
        call()
    return {violation.field: violation.description for violation in caught.value.violations}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"sensor_ids": ()}, "sensor_ids", "names 0 sensors; give 1 to 1000"),
        ({"sensor_ids": tuple(f"S{n}" for n in range(1001))}, "sensor_ids", "names 1001 sensors; give 1 to 1000"),
        ({"sensor_ids": ("S1", "a b", "\0")}, "sensor_ids", r"has 'a b', '\x00'; give 1 to 50 of letters"),
        ({"name": "x" * 101}, "name", "give 0 to 100 characters|has 101 characters; give 0 to 100"),
        ({"name": "a\nb"}, "name", "control character"),
        ({"expire_time": NOW}, "expire_time", "which is past; give a time to come"),
    ],
)
def test_a_bad_field_is_named_with_its_remedy(fields, field, words):
    found = blamed(lambda: key(**fields))
    assert list(found) == [field]
    assert any(part in found[field] for part in words.split("|")), found


def test_every_bad_field_is_named_at_once():
    assert list(blamed(lambda: key(name="\0", sensor_ids=(), expire_time=NOW - DAY))) == [
        "name", "sensor_ids", "expire_time"
    ]  # fmt: skip


def test_a_sensor_that_is_named_twice_counts_once():
    assert key(sensor_ids=("S2", "S1", "S2")).sensor_ids == ("S1", "S2")


def test_a_rotation_keeps_the_present_secret_for_the_overlap_and_none_before_it():
    once = rotated(key(), b"second", DAY, NOW)
    assert (once.secret_sha256, once.previous_sha256, once.previous_valid_until) == (b"second", b"first", NOW + DAY)
    twice = rotated(once, b"third", timedelta(minutes=1), NOW)
    assert (twice.secret_sha256, twice.previous_sha256) == (b"third", b"second")
    at_once = rotated(twice, b"fourth", timedelta(0), NOW)
    assert (at_once.secret_sha256, at_once.previous_sha256, at_once.previous_valid_until) == (b"fourth", None, None)


def test_a_key_that_has_expired_is_not_rotated():
    mortal = key(expire_time=NOW + DAY)
    assert rotated(mortal, b"second", DAY, NOW + DAY - timedelta(seconds=1)).secret_sha256 == b"second"
    with pytest.raises(FailedPreconditionError, match="has expired; create a new one"):
        rotated(mortal, b"second", DAY, NOW + DAY)


def test_an_overlap_lasts_from_nothing_to_a_week_and_for_a_day_if_nobody_says():
    assert overlap_of(None) == timedelta(minutes=DEFAULT_OVERLAP_MINUTES) == DAY
    assert (overlap_of(0), overlap_of(10_080)) == (timedelta(0), timedelta(days=7))
    for minutes in (-1, 10_081):
        found = blamed(lambda minutes=minutes: overlap_of(minutes))
        assert found == {"overlap_minutes": f"is {minutes}; give 0 (the present secret ends at once) to 10080"}


def test_a_list_of_a_sensor_that_none_can_be_is_refused():
    assert checked_filter(DeviceKeyFilter("S1")) == DeviceKeyFilter("S1")
    assert list(blamed(lambda: checked_filter(DeviceKeyFilter("a b")))) == ["sensor_id"]
