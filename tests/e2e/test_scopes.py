"""Whoever may see one factory meets the things of another one as if they were not there: by every method there is."""

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2, status_pb2

from services import catalog
from services.common.access.domain import Reach, Role
from services.mesh.contracts import read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT
from tests.support.callers import BelievingGate, person
from tests.support.foreign import CASES, FORBIDDEN, INVALID, NOW, OK
from tests.support.mesh import eventually, running_mesh, start_beside

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
METHODS = {
    method.path.rpartition(".")[2]: (service.name, method)
    for service in catalog.SERVICES
    for name in service.proto_services
    for method in CONTRACTS.methods[name]
    if method.access.reach is Reach.OWN
}
ALL, THEIRS, OURS = (person(*words, role=Role.ADMIN) for words in (["*"], ["Ulsana > Pressa"], ["Newark"]))
PLACE = {"plant": "Ulsana", "factory": "Pressa", "building": "Bld-a", "floor": 7, "area": "line"}
# To make words of what is packed into a refusal, it must be known.
DETAILS = error_details_pb2.DESCRIPTOR
# What an answer has of their things, whatever it is about.
MARKS = ("loc-a", "sen-a", "Ulsana", "Pressa", "Bld-a")
MISSING = {
    "loc": "loc-x1", "sensor": "sen-x1", "spare": "loc-x9", "plant": "Ulsanx", "factory": "Pressx", "building": "Bld-x",
    "key": "0123456789abcdef", "record": "00000000-0000-4000-8000-000000000000",
} | dict.fromkeys(("map", "alert", "subscription", "silence", "notification"), "987654")  # fmt: skip
# So long a stream that has no end is listened to; what was written a moment ago comes in less.
LISTENED_S = 0.4
RESUMED = ("RealtimeService/WatchMeasurements", "AlertService/WatchAlerts")


class Caller:
    """Calls methods of a mesh by their names, with fields as JSON has them."""

    def __init__(self, channels):
        self._channels = channels

    def call(self, name, fields, who):
        service, method = METHODS[name]
        request = json_format.ParseDict(fields, message(method.request)).SerializeToString()
        return self._channels[service].unary_stream(method.path)(request, metadata=who, timeout=20)

    async def outcome(self, name, fields, who):
        """The code, and the words of the answer or the refusal with all its details."""
        answers: list[bytes] = []

        async def read():
            async for answer in self.call(name, fields, who):
                answers.append(answer)  # noqa: PERF401  what came counts, though no more comes in time

        try:
            await asyncio.wait_for(read(), LISTENED_S if name in RESUMED else None)
        except TimeoutError:
            pass
        except grpc.aio.AioRpcError as error:
            details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            told = json_format.MessageToDict(status_pb2.Status.FromString(details))
            return error.code(), json.dumps([told["message"], told["details"]], ensure_ascii=False), []
        return OK, b"".join(answers).decode("utf-8", "replace"), answers

    async def made(self, name, **fields):
        """Makes something, as whoever may do everything; returns it."""
        code, words, answers = await self.outcome(name, fields, ALL)
        assert code is OK, words
        return message(METHODS[name][1].response).FromString(answers[0])


def message(full_name) -> Any:
    found = descriptor_pool.Default().FindMessageTypeByName(full_name)
    return message_factory.GetMessageClass(found)()


def about(fields, names):
    """The fields with names in them."""
    words = json.dumps(fields)
    return json.loads(re.sub(r"\{(\w+)\}", lambda found: str(names[found[1]]), words))


def nameless(words, fields, names):
    """The words with `it` for each of the names that were put into the fields."""
    pattern = "|".join(re.escape(str(names[name])) for name in re.findall(r"\{(\w+)\}", json.dumps(fields))) or "$."
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "it", words)


@pytest.fixture(scope="module")
async def caller(admin_url):
    async with running_mesh(admin_url, BelievingGate()) as mesh:
        for service in catalog.SERVICES:
            if not mesh.runs(service.name):
                await start_beside(mesh, service.name)
        channels = {name: grpc.aio.insecure_channel(f"127.0.0.1:{port}") for name, port in mesh.ports.items()}
        yield Caller(channels)
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
    assert METHODS.keys() == CASES.keys()


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
    for name, (_, method) in METHODS.items():
        fields = about(CASES[name][0][1], theirs)
        page = "page_token" in message(method.request).DESCRIPTOR.fields_by_name and "Json" not in name
        if not page and name not in RESUMED:
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


@pytest.mark.parametrize("name", RESUMED)
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


async def test_whoever_may_see_the_things_may_do_all_of_it(caller, theirs):
    """Or the calls before could have been refused for another reason. Last, for it deletes them."""
    wrong, shown = [], 0
    for name, cases in CASES.items():
        for _, fields in cases:
            code, words, _ = await caller.outcome(name, about(fields, theirs), THEIRS)
            if name == "NotificationService/RetryNotification" and "NOTIFICATION_NOT_DEAD" in words:
                continue  # it is on its way
            shown += any(mark in words for mark in MARKS)
            if code is not OK:
                wrong.append((name, fields, code, words))
    assert not wrong, json.dumps(wrong, default=str, indent=1)
    assert shown > len(CASES) / 2
