"""A caller who may see some factories sees the measurements and writes the readings of the sensors there alone."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.location.v1 import (
    location_service_pb2,
    location_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.callers import BelievingGate, device, person
from tests.support.directory import make_place, register
from tests.support.mesh import eventually, running_mesh
from tests.support.refusals import refused, wording
from tests.support.worker import Watcher

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
OWN, NOBODY, ALL = person("Ulsan > Press", "Newark"), person(), person("*")
PLACES = {  # each with its sensor, all of which have sent
    "mine": {"plant": "Ulsan", "factory": "Press", "building": "B1", "floor": 1},
    "mine-too": {"plant": "", "factory": "Newark", "building": "B2", "floor": 2},
    "paint": {"plant": "Ulsan", "factory": "Paint", "building": "B1", "floor": 1},
    "busan": {"plant": "Busan", "factory": "Press", "building": "B3", "floor": 3},
}
Outcome = ingest_pb2.RowOutcome


class Measurements(Watcher):
    """One who watches measurements, which are shown by sensor."""

    def take(self, message):
        self.shown |= {m.sensor_id: m for m in message.measurements}
        for name in message.removed:
            self.shown.pop(name, None)


@pytest.fixture(scope="module")
async def mesh(admin_url):
    async with running_mesh(admin_url, BelievingGate(), MONTRG_REGISTER_UNKNOWN_AT="paint") as mesh:
        yield mesh


@pytest.fixture(scope="module")
async def location(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        for loc_id, where in PLACES.items():
            await make_place(channel, loc_id, **where)
            await register(channel, f"s-{loc_id}", loc_id=loc_id)
        yield channel


@pytest.fixture(scope="module")
async def channel(mesh, location):
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        answer = await stub.WriteReadings(written(*(f"s-{loc_id}" for loc_id in PLACES)))
        assert answer.accepted == len(PLACES)
        yield channel


@pytest.fixture(scope="module")
def ingest(channel):
    return ingest_service_pb2_grpc.IngestServiceStub(channel)


@pytest.fixture(scope="module")
def live(channel):
    return realtime_service_pb2_grpc.RealtimeServiceStub(channel)


def written(*sensor_ids, moment=None, humidity=50.0):
    """A request with a reading of each sensor, of now where nothing else is said."""
    request = ingest_pb2.WriteReadingsRequest()
    for name in sensor_ids:
        row = request.readings.add(sensor_id=name, temperature=25.0, humidity=humidity)
        row.capture_time.FromDatetime(moment or datetime.now(UTC))
    return request


def watch(live, caller, **wanted):
    request = pb2.WatchMeasurementsRequest(**wanted)
    return Measurements(live.WatchMeasurements(request, metadata=caller), pb2.WatchMeasurementsResponse)


async def seen(ask, request, caller):
    """The sensors whose measurements a caller gets."""
    return {m.sensor_id for m in (await ask(request, metadata=caller)).measurements}


async def test_each_way_to_ask_shows_what_is_the_callers_alone(live):
    mine = {"s-mine", "s-mine-too"}
    everywhere = pb2.GetMeasurementsRequest()
    assert await seen(live.GetMeasurements, everywhere, OWN) == mine
    assert await seen(live.GetMeasurements, everywhere, NOBODY) == set()
    assert await seen(live.GetMeasurements, everywhere, ALL) == mine | {"s-paint", "s-busan"}
    press = pb2.GetFactoryMeasurementsRequest(factory="Press")
    assert await seen(live.GetFactoryMeasurements, press, OWN) == {"s-mine"}
    building = pb2.GetBuildingMeasurementsRequest(building="B1")
    assert await seen(live.GetBuildingMeasurements, building, OWN) == {"s-mine"}
    floor = pb2.GetFloorMeasurementsRequest(floor=1)
    assert await seen(live.GetFloorMeasurements, floor, OWN) == {"s-mine"}
    place = pb2.GetPlaceMeasurementsRequest(loc_id="mine-too")
    assert await seen(live.GetPlaceMeasurements, place, OWN) == {"s-mine-too"}
    several = pb2.GetLocationMeasurementsRequest(factory="Press", building="B1")
    assert await seen(live.GetLocationMeasurements, several, OWN) == {"s-mine"}


async def test_a_place_elsewhere_is_refused_in_the_words_of_a_missing_one(live):
    asked = {
        live.GetFactoryMeasurements: (pb2.GetFactoryMeasurementsRequest, "factory", "Paint", "Nowhere"),
        live.GetBuildingMeasurements: (pb2.GetBuildingMeasurementsRequest, "building", "B3", "B9"),
        live.GetFloorMeasurements: (pb2.GetFloorMeasurementsRequest, "floor", 3, 9),
        live.GetPlaceMeasurements: (pb2.GetPlaceMeasurementsRequest, "loc_id", "paint", "nowhere"),
        live.GetLocationMeasurements: (pb2.GetLocationMeasurementsRequest, "factory", "Paint", "Nowhere"),
    }
    for ask, (message, field, elsewhere, missing) in asked.items():
        answers = set()
        for value in (elsewhere, missing):
            answers.add(await wording(ask(message(**{field: value}), metadata=OWN), repr(value)))
        assert len(answers) == 1, answers
        assert answers.pop()[0] == NOT_FOUND
    assert (await refused(watch(live, OWN, factory="Paint").call.read()))[0] == NOT_FOUND


async def test_who_watches_is_told_of_the_callers_sensors_alone(live, ingest):
    watcher, other = watch(live, OWN), watch(live, person("Paint"))
    assert {m.sensor_id for m in (await watcher.next()).measurements} == {"s-mine", "s-mine-too"}
    assert {m.sensor_id for m in (await other.next()).measurements} == {"s-paint"}
    await ingest.WriteReadings(written("s-paint"))
    assert {m.sensor_id for m in (await other.next()).measurements} == {"s-paint"}
    await ingest.WriteReadings(written("s-mine"))
    # Of the other sensor it would have been told first.
    assert {m.sensor_id for m in (await watcher.next()).measurements} == {"s-mine"}


async def test_a_resume_token_holds_for_the_scope_that_it_was_made_in(live):
    watcher = watch(live, OWN)
    await watcher.next()
    again = watch(live, person("Newark", "Ulsan > Press"), resume_token=watcher.token)
    assert (await again.call.read()).kind != pb2.WatchMeasurementsResponse.SNAPSHOT
    for other in (person("Newark"), ALL, NOBODY):
        refusal = await refused(watch(live, other, resume_token=watcher.token).call.read())
        assert refusal == (INVALID, ["resume_token"])


async def test_what_moves_out_is_removed_and_what_moves_in_appears(live, ingest, location):
    await make_place(location, "hall", plant="Ulsan", factory="Press")
    await register(location, "s-hall", loc_id="hall")
    await ingest.WriteReadings(written("s-hall"))
    here, there = watch(live, OWN), watch(live, person("Ulsan > Hall"))
    await here.until(lambda shown: "s-hall" in shown)
    assert not (await there.next()).measurements
    places = location_service_pb2_grpc.LocationServiceStub(location)
    await places.UpdateLocation(
        location_service_pb2.UpdateLocationRequest(
            loc_id="hall", location=location_service_pb2.Location(factory="Hall")
        )
    )
    await here.until(lambda shown: "s-hall" not in shown)
    await there.until(lambda shown: shown.keys() == {"s-hall"})


async def test_readings_are_listed_by_where_the_sensor_is_now(ingest, location):
    def listed(sensor_id, caller, **fields):
        return ingest.ListReadings(ingest_pb2.ListReadingsRequest(sensor_id=sensor_id, **fields), metadata=caller)

    answers = set()
    for sensor_id in ("s-paint", "s-busan", "nobody"):
        answers.add(await wording(listed(sensor_id, OWN), sensor_id))
    assert len(answers) == 1, answers
    await register(location, "s-nomad", loc_id="mine")
    times = [datetime.now(UTC) - timedelta(minutes=minute) for minute in (3, 2, 1)]
    for moment in times:
        await ingest.WriteReadings(written("s-nomad", moment=moment))
    page = await listed("s-nomad", OWN, limit=1)
    assert len(page.readings) == 1
    other = person("Press")
    assert await refused(listed("s-nomad", other, limit=1, page_token=page.next_page_token)) == (
        INVALID,
        ["page_token"],
    )
    move = sensor_service_pb2.UpdateSensorRequest(sensor_id="s-nomad", sensor=sensor_service_pb2.Sensor(loc_id="paint"))
    await sensor_service_pb2_grpc.SensorServiceStub(location).UpdateSensor(move)

    async def is_there():
        try:
            return len((await listed("s-nomad", person("Paint"))).readings) == 3
        except grpc.aio.AioRpcError as error:
            return error.code() != NOT_FOUND

    await eventually(is_there)
    assert (await refused(listed("s-nomad", OWN)))[0] == NOT_FOUND
    delete = sensor_service_pb2.DeleteSensorRequest(sensor_id="s-nomad")
    await sensor_service_pb2_grpc.SensorServiceStub(location).DeleteSensor(delete)

    async def is_for_all_alone():
        try:
            await listed("s-nomad", person("Paint"))
        except grpc.aio.AioRpcError:
            return len((await listed("s-nomad", ALL)).readings) == 3
        return False

    await eventually(is_for_all_alone)


def told(answer):
    return [(row.index, row.outcome, row.field, row.reason) for row in answer.outcomes]


@pytest.mark.parametrize("caller", [OWN, device("s-mine", "s-mine-too")], ids=["person", "device"])
async def test_rows_of_others_sensors_are_rejected_as_those_of_unknown_ones(ingest, caller):
    sent = written("s-mine", "s-paint", "never-heard", "s-mine-too")
    sent.readings[1].capture_time.GetCurrentTime()
    answer = await ingest.WriteReadings(sent, metadata=caller)
    assert (answer.accepted, answer.rejected) == (2, 2)
    words = {row[3].replace("s-paint", "it").replace("never-heard", "it") for row in told(answer)}
    assert [row[:3] for row in told(answer)] == [(i, Outcome.REJECTED, "sensor_id") for i in (1, 2)]
    assert len(words) == 1, words
    listed = ingest_pb2.ListReadingsRequest(sensor_id="s-paint", start_time=sent.readings[1].capture_time)
    assert not (await ingest.ListReadings(listed)).readings


async def test_a_row_of_anothers_sensor_that_breaks_a_rule_is_told_of_the_rule_as_any_other(ingest):
    answer = await ingest.WriteReadings(written("s-paint", "never-heard", humidity=101.0), metadata=OWN)
    assert [row[2] for row in told(answer)] == ["humidity", "humidity"]


async def test_who_may_see_some_factories_registers_no_sensor_by_writing(ingest, location):
    await ingest.WriteReadings(written("by-ann"), metadata=OWN)
    sensors = sensor_service_pb2_grpc.SensorServiceStub(location)
    request = sensor_service_pb2.GetSensorRequest(sensor_id="by-ann")
    assert (await refused(sensors.GetSensor(request)))[0] == NOT_FOUND
    assert (await ingest.WriteReadings(written("by-ann"), metadata=ALL)).accepted == 1
    assert (await sensors.GetSensor(request)).loc_id == "paint"
