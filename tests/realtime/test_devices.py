"""Who a device is, and what is told of the use of keys."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.common.access.domain import NOTHING, Caller, Kind, anybody
from services.common.errors import UnavailableError
from services.device_keys.domain import Key, Keys
from services.device_keys.secret import digest, new_secret
from services.realtime import devices
from services.realtime.devices import KeyUses, KnownDevices, Use

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
ID = "0123456789abcdef"
SECRET = new_secret(ID)
KEY = Key(ID, frozenset({"S1", "S2"}), NOON + timedelta(days=1), digest(SECRET), b"", None)
DEVICE = Caller(Kind.DEVICE, ID, None, NOTHING, KEY.sensors, "192.0.2.1")


class Followed:
    degraded = None

    def __init__(self, value):
        self.value = value

    async def refresh(self):
        return True


class Location:
    """Takes reports, or is away."""

    def __init__(self):
        self.away = False
        self.told = []

    async def report(self, uses):
        if self.away:
            raise UnavailableError("away", "NEIGHBOUR_UNAVAILABLE")
        self.told.append(list(uses))


def test_a_device_is_known_by_its_secret_writes_its_sensors_and_sees_nothing():
    known = KnownDevices(Followed(Keys(1, {ID: KEY})), lambda: NOON)
    assert known.device(SECRET) == replace(DEVICE, address="")
    assert known.device(new_secret(ID)) is None
    assert known.device("") is None


def test_a_key_that_has_expired_or_is_gone_is_nobodys():
    followed = Followed(Keys(1, {ID: KEY}))
    assert KnownDevices(followed, lambda: NOON + timedelta(days=2)).device(SECRET) is None
    followed.value = Keys(2, {})
    assert KnownDevices(followed, lambda: NOON).device(SECRET) is None


def test_while_nobody_has_told_the_keys_a_device_is_sent_away_for_a_while_and_not_refused():
    with pytest.raises(UnavailableError, match="send it again in a second"):
        KnownDevices(Followed(None), lambda: NOON).device(SECRET)


async def test_of_each_key_the_last_use_is_told_once():
    location = Location()
    times = iter([NOON, NOON + timedelta(seconds=5), NOON])
    uses = KeyUses(location, lambda: next(times))
    uses.note(DEVICE)
    uses.note(replace(DEVICE, address="192.0.2.2"))
    uses.note(replace(DEVICE, name="other"))
    uses.note(anybody())
    await uses.tell()
    await uses.tell()
    assert location.told == [
        [Use(ID, NOON + timedelta(seconds=5), "192.0.2.2"), Use("other", NOON, "192.0.2.1")]
    ]  # fmt: skip


async def test_what_could_not_be_told_is_told_later_and_never_in_place_of_something_newer():
    location = Location()
    now = NOON
    uses = KeyUses(location, lambda: now)
    uses.note(DEVICE)
    uses.note(replace(DEVICE, name="other"))
    location.away = True
    await uses.tell()
    now += timedelta(minutes=1)
    uses.note(DEVICE)
    location.away = False
    await uses.tell()
    (told,) = location.told
    assert {use.key_id: use.use_time for use in told} == {ID: now, "other": NOON}


async def test_of_many_keys_no_report_is_larger_than_location_takes():
    location = Location()
    uses = KeyUses(location, lambda: NOON)
    for number in range(devices.MOST_AT_ONCE + 1):
        uses.note(replace(DEVICE, name=f"key-{number}"))
    await uses.tell()
    assert [len(told) for told in location.told] == [devices.MOST_AT_ONCE, 1]


async def test_uses_are_told_again_and_again(monkeypatch):
    monkeypatch.setattr(devices, "REPORT_EVERY_S", 0.01)
    location = Location()
    uses = KeyUses(location, lambda: NOON)
    running = asyncio.create_task(uses.run())
    async with asyncio.timeout(10):
        for count in (1, 2):
            uses.note(DEVICE)
            while len(location.told) < count:
                await asyncio.sleep(0.01)
    running.cancel()
