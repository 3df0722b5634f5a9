"""Whoever may see one factory meets the things of another one as if they were not there: by every method there is."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from services import catalog
from services.common.access.domain import Reach, Role
from tests.support.by_name import ENDLESS, METHODS, Caller, about, message, nameless
from tests.support.callers import BelievingGate, person
from tests.support.foreign import CASES, FORBIDDEN, INVALID, NOW, OK
from tests.support.mesh import Mesh, eventually, start_beside

OWN = {name: method for name, (_, method) in METHODS.items() if method.access.reach is Reach.OWN}
ALL, THEIRS, OURS = (
    person(factory, role=Role.ADMIN, name=name)
    for factory, name in (("*", "ann"), ("Ulsana > Pressa", "bob"), ("Newark", "eve"))
)
# So long a stream is listened to after others were told.
LISTENED_S = 0.4
# What they make and send is no change of how things are set up.
UNRECORDED = {"IngestService/WriteReadings", "SubscriptionService/TestSubscription",
              "NotificationService/RetryNotification"}  # fmt: skip
PLACE = {"plant": "Ulsana", "factory": "Pressa", "building": "Bld-a", "floor": 7, "area": "line"}
# What an answer has of their things, whatever it is about.
MARKS = ("loc-a", "sen-a", "Ulsana", "Pressa", "Bld-a")
MISSING = {
    "loc": "loc-x1", "sensor": "sen-x1", "spare": "loc-x9", "plant": "Ulsanx", "factory": "Pressx", "building": "Bld-x",
    "key": "0123456789abcdef", "record": "00000000-0000-4000-8000-000000000000",
} | dict.fromkeys(("map", "alert", "subscription", "silence", "notification"), "987654")  # fmt: skip


@pytest.fixture(scope="module")
async def caller(admin_url):
    mesh = Mesh(admin_url, BelievingGate())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(mesh.close)
        for service in catalog.SERVICES:
            if not mesh.runs(service.name):
                await start_beside(mesh, service.name)
        channels = {name: grpc.aio.insecure_channel(f"127.0.0.1:{port}") for name, port in mesh.ports.items()}
        yield Caller(channels, ALL)
        for channel in channels.values():
            await channel.close()


@pytest.fixture(scope="module")
async def theirs(caller):
    """Two of everything in their factory, one place and sensor in ours; the names of theirs."""
    for loc_id in ("loc-a1", "loc-a2", "loc-a9"):
        await caller.made("LocationService/CreateLocation", location={"loc_id": loc_id, **PLACE})
    ours = {"plant": "", "factory": "Newark", "building": "N", "floor": 1, "area": "line"}
    await caller.made("LocationService/CreateLocation", location={"loc_id": "loc-n1", **ours})
    names: dict[str, Any] = {"loc": "loc-a1", "sensor": "sen-a1", "spare": "loc-a9", "building": "Bld-a"}
    names |= {"plant": "Ulsana", "factory": "Pressa"}
    about_it = {"plant": "Ulsana", "factory": "Pressa"}
    for number in (2, 1):
        loc_id, sensor_id = f"loc-a{number}", f"sen-a{number}"
        await caller.made("SensorService/CreateSensor", sensor={"sensor_id": sensor_id, "loc_id": loc_id})
        for threshold_id in (3, 4):
            mapping = {"sensor_id": sensor_id, "threshold_id": threshold_id}
            names["map"] = (await caller.made("MappingService/CreateMapping", mapping=mapping)).map_id
        key = {"name": f"key {number}", "sensor_ids": [sensor_id]}
        names["key"] = (await caller.made("DeviceKeyService/CreateDeviceKey", device_key=key)).key_id
        told = {"channel": "webhook", "recipient": "http://127.0.0.1:1/", **about_it}
        made = await caller.made("SubscriptionService/CreateSubscription", subscription=told)
        names["subscription"] = made.subscription_id
        silence = {"author": "kim", "reason": "repair", "max_level": "yellow", "end_time": "2100-01-01T00:00:00Z"}
        names["silence"] = (await caller.made("SilenceService/CreateSilence", silence=silence | about_it)).silence_id
    await caller.made("SensorService/CreateSensor", sensor={"sensor_id": "sen-n1", "loc_id": "loc-n1"})
    for number in (2, 1, 1):
        await write(caller, f"sen-a{number}")
    for number in (2, 1):
        alert = {"loc_id": f"loc-a{number}", "sensor_id": f"sen-a{number}", "alert_level": "red", "message": "smoke"}
        names["alert"] = (await caller.made("AlertService/CreateAlert", alert=alert)).alert_id
    await caller.made("SubscriptionService/TestSubscription", subscription_id=names["subscription"])
    await settle(caller, names)
    return names


async def write(caller, sensor_id):
    reading = {"sensor_id": sensor_id, "capture_time": datetime.now(UTC).isoformat(), "temperature": 20, "humidity": 50}
    assert (await caller.made("IngestService/WriteReadings", readings=[reading])).accepted == 1


async def settle(caller, names):
    """Waits until each service has heard of what the others have made."""

    async def there(name, fields, words):
        found = (await caller.outcome(name, fields, THEIRS))[1]
        return all(word in found for word in words)

    aggregated = ("loc-a1", "loc-a2")
    await eventually(lambda: there("AggregationService/GetAggregation", {"start_date": f"{NOW:%Y}"}, aggregated))
    await eventually(lambda: there("RealtimeService/GetMeasurements", {}, aggregated))
    await eventually(lambda: there("AlertHistoryService/ListAlertEvents", {}, aggregated))

    async def recorded():
        found = (await caller.made("AuditService/ListAuditRecords", kind="alert")).records
        names["record"] = found[0].record_id if found else ""
        return len(found) == 2 and len((await caller.made("AuditService/ListAuditRecords", limit=1000)).records) == 19

    await eventually(recorded)

    async def told():
        found = (await caller.made("NotificationService/ListNotifications", alert_id=names["alert"])).notifications
        names["notification"] = found[0].notification_id if found else 0
        return bool(found)

    await eventually(told)


def test_every_method_that_meets_callers_by_their_factories_is_tried():
    assert OWN.keys() == CASES.keys()


async def test_things_of_others_are_as_if_they_were_not_there(caller, theirs):
    before = await everything(caller)
    wrong: list[Any] = []
    for name, cases in CASES.items():
        for code, fields in cases:
            found, words, _ = await caller.outcome(name, about(fields, theirs), OURS)
            if found is not code:
                wrong.append((name, fields, found, words))
            if found is OK and [mark for mark in MARKS if mark in nameless(words, fields, theirs)]:
                wrong.append((name, fields, words))
            if not re.search(r"\{\w", json.dumps(fields)):
                continue
            missing = await caller.outcome(name, about(fields, MISSING), OURS)
            if (found, nameless(words, fields, theirs)) != (missing[0], nameless(missing[1], fields, MISSING)):
                wrong.append((name, fields, words, missing[1]))
    assert not wrong, json.dumps(wrong, default=str, indent=1)
    assert await everything(caller) == before


async def everything(caller):
    """All that there is, as far as it does not change by itself."""
    lists = [name for name in CASES if re.search(r"/List(?!Notif|Alert|Today|Thres|SensorM|Readings|Audit)", name)]
    answers = [(name, (await caller.outcome(name, {}, ALL))[1]) for name in lists]
    assert len(answers) > 5
    return answers


async def test_what_is_moved_or_made_with_things_of_others_is_refused_in_the_same_words(caller, theirs):
    moves = [
        (INVALID, "SensorService/UpdateSensor", {"sensor_id": "sen-n1", "sensor": {"loc_id": "{loc}"}}),
        (FORBIDDEN, "LocationService/UpdateLocation", {"loc_id": "loc-n1", "location": {"factory": "{factory}"}}),
        (INVALID, "DeviceKeyService/CreateDeviceKey", {"device_key": {"sensor_ids": ["sen-n1", "{sensor}"]}}),
        (INVALID, "AlertService/CreateAlert",
         {"alert": {"loc_id": "loc-n1", "sensor_id": "{sensor}", "alert_level": "red", "message": "smoke"}}),
    ]  # fmt: skip
    for code, name, fields in moves:
        found, missing = [await caller.outcome(name, about(fields, names), OURS) for names in (theirs, MISSING)]
        assert found[0] is code, (name, found)
        assert nameless(found[1], fields, theirs) == nameless(missing[1], fields, MISSING)


async def test_a_token_of_others_continues_no_list_and_no_stream(caller, theirs):
    continued = []
    for name, method in OWN.items():
        fields = about(CASES[name][0][1], theirs)
        page = "page_token" in message(method.request).DESCRIPTOR.fields_by_name and "Json" not in name
        if not page and name not in ENDLESS:
            continue
        code, words, answers = await caller.outcome(name, fields | ({"limit": 1} if page else {}), THEIRS)
        assert code is OK, (name, words)
        answer = message(method.response).FromString(answers[0])
        token = answer.next_page_token if page else answer.resume_token
        assert token, name
        asked = fields | ({"limit": 1, "page_token": token} if page else {"resume_token": token})
        refused = await caller.outcome(name, asked, OURS)
        assert refused[0] is INVALID, (name, refused)
        assert ("page_token" if page else "resume_token") in refused[1]
        assert (await caller.outcome(name, asked, THEIRS))[0] is OK
        continued.append(name)
    assert len(continued) >= 16, continued


@pytest.mark.parametrize("name", ENDLESS)
async def test_a_stream_says_nothing_of_what_changes_elsewhere(caller, theirs, name):
    silent: list[bytes] = []

    async def listen():
        async for answer in caller.call(name, {}, OURS):
            silent.append(answer)  # noqa: PERF401  it does not end

    listening = asyncio.create_task(listen())
    told = caller.call(name, {}, THEIRS)
    await told.read()
    while not silent:
        await asyncio.sleep(0.01)
    await write(caller, "sen-a2")
    await caller.made("AlertService/CommentAlert", alert_id=theirs["alert"], note="hot")
    change = await told.read()
    assert [mark for mark in MARKS if mark.encode() in change]
    await asyncio.sleep(LISTENED_S)
    listening.cancel()
    told.cancel()
    assert not [mark for mark in MARKS if mark.encode() in b"".join(silent)]


@pytest.fixture(scope="module")
async def done(caller, theirs):
    """What becomes of each call of somebody who may see the things, by its request id. It deletes them."""
    band = {"threshold_type": "humidity", "level": "red", "min_value": 99}
    made = await caller.outcome("ThresholdService/CreateThreshold", {"threshold": band}, asked(0))
    number = message(METHODS["ThresholdService/CreateThreshold"][1].response).FromString(made[2][0]).threshold_id
    calls = [(name, about(fields, theirs)) for name, cases in CASES.items() for _, fields in cases]
    calls += [
        ("ThresholdService/UpdateThreshold", {"threshold_id": number, "threshold": {"min_value": 98}}),
        ("ThresholdService/DeleteThreshold", {"threshold_id": number}),
    ]
    found = {"walk-0": ("ThresholdService/CreateThreshold", *made[:2])}
    for count, (name, fields) in enumerate(calls, 1):
        found[f"walk-{count}"] = (name, *(await caller.outcome(name, fields, asked(count)))[:2])
    return found


def asked(count):
    metadata = person("Ulsana > Pressa", role=Role.ADMIN, name="bob")
    metadata.add("x-request-id", f"walk-{count}")
    return metadata


async def test_whoever_may_see_the_things_may_do_all_of_it(done):
    """Or the calls before could have been refused for another reason."""
    on_its_way = "NOTIFICATION_NOT_DEAD"
    assert not [one for one in done.values() if one[1] is not OK and on_its_way not in one[2]]
    assert sum(any(mark in words for mark in MARKS) for _, _, words in done.values()) > len(CASES) / 2


async def test_each_change_leaves_one_record_of_who_made_it_and_what_is_refused_none(caller, done):
    changes = {number: name for number, (name, _, _) in done.items() if is_change(name)}
    assert len(changes) > 25

    async def records():
        return (await caller.made("AuditService/ListAuditRecords", actor="bob", limit=1000)).records

    async def all_there():
        return {one.request_id for one in await records()} == changes.keys()

    await eventually(all_there)
    for number, name in changes.items():
        service, verb = name.split("/")
        kind = re.sub(r"(?<!^)([A-Z])", r"_\1", service.removesuffix("Service")).lower()
        (one,) = [
            r for r in await records() if r.request_id == number and (kind == "device_key" or r.kind != "device_key")
        ]
        assert (one.kind, one.actor_role, one.actor_kind, one.address) == (kind, "admin", "person", "192.0.2.7"), name
        assert one.HasField("before") is not verb.startswith("Create"), name
        assert one.HasField("after") is not verb.startswith("Delete"), name
        assert (one.factory == "Pressa") is (kind != "threshold"), name
    assert not (await caller.made("AuditService/ListAuditRecords", actor="eve")).records


def is_change(name):
    method = METHODS[name][1]
    return method.access.role is not Role.VIEWER and not method.is_read and name not in UNRECORDED
