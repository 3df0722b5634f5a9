"""A caller who may see some factories sees and touches places and sensors of those alone, each method tried on both."""

import grpc
import pytest
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import location_service_pb2_grpc, sensor_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2

from services.common.server import serve
from services.location.app import APP
from tests.conftest import settings_of
from tests.support.callers import BelievingGate, neighbour, person
from tests.support.directory import make_place, register
from tests.support.refusals import refused, why, wording

FORBIDDEN, INVALID = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT
OWN, NOBODY = person("Ulsan > Press", "Newark"), person()
PLACES = {  # each with its sensor
    "U-Press": {"plant": "Ulsan", "factory": "Press"},
    "U-Paint": {"plant": "Ulsan", "factory": "Paint"},
    "B-Press": {"plant": "Busan", "factory": "Press"},
    "Newark": {"plant": "", "factory": "Newark"},
}
SEEN = ["Newark", "U-Press"]


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "location")
    async with (
        serve(APP, settings, environment, BelievingGate()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        for loc_id, where in PLACES.items():
            await make_place(channel, loc_id, **where)
            await register(channel, f"s-{loc_id}", loc_id=loc_id)
        yield channel


@pytest.fixture(scope="module")
def places(channel):
    return location_service_pb2_grpc.LocationServiceStub(channel)


@pytest.fixture(scope="module")
def sensors(channel):
    return sensor_service_pb2_grpc.SensorServiceStub(channel)


async def all_pages(ask, request, items, caller):
    """Everything that a list has for a caller, page by page."""
    found = []
    while True:
        answer = await ask(request, metadata=caller)
        found += getattr(answer, items)
        request.page_token = answer.next_page_token
        if not answer.next_page_token:
            return found


async def test_lists_have_only_what_is_the_callers_in_whole_pages(places, sensors):
    listed = await all_pages(places.ListSensorLocations, pb2.ListSensorLocationsRequest(limit=1), "locations", OWN)
    assert [(e.loc_id, e.sensor_id) for e in listed] == [(loc_id, f"s-{loc_id}") for loc_id in SEEN]
    listed = await all_pages(sensors.ListSensors, sensor_pb2.ListSensorsRequest(limit=1), "sensors", OWN)
    assert [sensor.sensor_id for sensor in listed] == [f"s-{loc_id}" for loc_id in SEEN]
    elsewhere = pb2.ListSensorLocationsRequest(factory="Paint")
    assert not (await places.ListSensorLocations(elsewhere, metadata=OWN)).locations
    assert not (await sensors.ListSensors(sensor_pb2.ListSensorsRequest(loc_id="U-Paint"), metadata=OWN)).sensors
    for caller, count in ((NOBODY, 0), (person("*"), len(PLACES))):
        assert (
            len((await places.ListSensorLocations(pb2.ListSensorLocationsRequest(), metadata=caller)).locations)
            == count
        )
        assert len((await sensors.ListSensors(sensor_pb2.ListSensorsRequest(), metadata=caller)).sensors) == count


async def test_a_page_token_holds_for_the_scope_that_it_was_made_in(places, sensors):
    for ask, request in (
        (places.ListSensorLocations, pb2.ListSensorLocationsRequest(limit=1)),
        (sensors.ListSensors, sensor_pb2.ListSensorsRequest(limit=1)),
    ):
        request.page_token = (await ask(request, metadata=OWN)).next_page_token
        await ask(request, metadata=person("Newark", "Ulsan > Press", name="somebody else"))
        for other in (person("Newark"), person("*"), NOBODY):
            assert await refused(ask(request, metadata=other)) == (INVALID, ["page_token"])


def single(places, sensors):
    """What is asked of one place or one sensor, each for a loc_id."""
    rename = pb2.Location(area="Mine")
    return {
        "where": lambda i: (places.GetSensorLocation, pb2.GetSensorLocationRequest(sensor_id=f"s-{i}")),
        "place": lambda i: (places.GetLocation, pb2.GetLocationRequest(loc_id=i)),
        "change place": lambda i: (places.UpdateLocation, pb2.UpdateLocationRequest(loc_id=i, location=rename)),
        "sensor": lambda i: (sensors.GetSensor, sensor_pb2.GetSensorRequest(sensor_id=f"s-{i}")),
        "change sensor": lambda i: (
            sensors.UpdateSensor,
            sensor_pb2.UpdateSensorRequest(sensor_id=f"s-{i}", sensor=sensor_pb2.Sensor(name="mine")),
        ),
        "delete sensor": lambda i: (sensors.DeleteSensor, sensor_pb2.DeleteSensorRequest(sensor_id=f"s-{i}")),
        "delete place": lambda i: (places.DeleteLocation, pb2.DeleteLocationRequest(loc_id=i)),
    }


async def test_a_thing_elsewhere_is_refused_in_the_words_of_a_missing_one(places, sensors):
    for name, request_of in single(places, sensors).items():
        answers = []
        for loc_id in ("U-Paint", "B-Press", "missing"):
            ask, request = request_of(loc_id)
            answers.append(await wording(ask(request, metadata=OWN), loc_id))
        assert len(set(answers)) == 1, (name, answers)
        assert answers[0][0] == grpc.StatusCode.NOT_FOUND, name
    listed = await places.ListSensorLocations(pb2.ListSensorLocationsRequest())
    assert [(e.loc_id, e.area) for e in listed.locations] == [(loc_id, "A") for loc_id in sorted(PLACES)]


async def test_a_thing_of_the_callers_is_read_changed_and_deleted(channel, places, sensors):
    await make_place(channel, "mine", factory="Newark", plant="Anywhere")
    await register(channel, "s-mine", loc_id="mine")
    for name, request_of in single(places, sensors).items():
        ask, request = request_of("mine")
        assert await ask(request, metadata=OWN), name


async def test_batches_leave_out_what_is_elsewhere(places):
    asked = ["U-Paint", "Newark", "B-Press", "U-Press"]
    by_place = await places.BatchGetLocations(pb2.BatchGetLocationsRequest(loc_ids=asked), metadata=OWN)
    assert [p.loc_id for p in by_place.locations] == ["Newark", "U-Press"]
    of_sensors = pb2.BatchGetSensorLocationsRequest(sensor_ids=[f"s-{one}" for one in asked])
    by_sensor = await places.BatchGetSensorLocations(of_sensors, metadata=OWN)
    assert [e.loc_id for e in by_sensor.locations] == ["Newark", "U-Press"]


def new_place(loc_id, **fields):
    place = pb2.Location(loc_id=loc_id, building="B", floor=1, area="A", **fields)
    return pb2.CreateLocationRequest(location=place)


async def test_a_place_is_made_and_moved_within_the_callers_factories_alone(places):
    for fields in (
        {"factory": "Paint", "plant": "Ulsan"},
        {"factory": "Press"},
        {"factory": "Press", "plant": "Busan"},
    ):
        call = places.CreateLocation(new_place("new", **fields), metadata=OWN)
        assert await why(call) == (FORBIDDEN, "OUT_OF_SCOPE", {"field": "factory"})
        move = pb2.UpdateLocationRequest(loc_id="U-Press", location=new_place("U-Press", **fields).location)
        move.update_mask.paths.extend(["plant", "factory"])
        assert (await why(places.UpdateLocation(move, metadata=OWN)))[1] == "OUT_OF_SCOPE"
    assert (await places.GetLocation(pb2.GetLocationRequest(loc_id="U-Press"))).factory == "Press"
    assert (await refused(places.GetLocation(pb2.GetLocationRequest(loc_id="new"))))[0] == grpc.StatusCode.NOT_FOUND
    await places.CreateLocation(new_place("new", factory="Press", plant="Ulsan"), metadata=OWN)
    move = pb2.UpdateLocationRequest(loc_id="new", location=pb2.Location(factory="Newark"))
    assert (await places.UpdateLocation(move, metadata=OWN)).factory == "Newark"
    await places.DeleteLocation(pb2.DeleteLocationRequest(loc_id="new"), metadata=OWN)
    assert (await why(places.CreateLocation(new_place("new", factory="Press"), metadata=NOBODY)))[1] == "OUT_OF_SCOPE"


async def test_a_sensor_is_put_at_the_callers_places_alone_and_others_are_as_if_they_were_not_there(places, sensors):
    for loc_id in ("U-Paint", "missing"):
        create = sensor_pb2.CreateSensorRequest(sensor=sensor_pb2.Sensor(sensor_id="new", loc_id=loc_id))
        assert await refused(sensors.CreateSensor(create, metadata=OWN)) == (INVALID, ["loc_id"])
        move = sensor_pb2.UpdateSensorRequest(sensor_id="s-Newark", sensor=sensor_pb2.Sensor(loc_id=loc_id))
        assert await refused(sensors.UpdateSensor(move, metadata=OWN)) == (INVALID, ["loc_id"])
    create = sensor_pb2.CreateSensorRequest(sensor=sensor_pb2.Sensor(sensor_id="new", loc_id="Newark"))
    assert (await sensors.CreateSensor(create, metadata=OWN)).loc_id == "Newark"
    move = sensor_pb2.UpdateSensorRequest(sensor_id="new", sensor=sensor_pb2.Sensor(loc_id="U-Press"))
    assert (await sensors.UpdateSensor(move, metadata=OWN)).loc_id == "U-Press"
    assert (await sensors.DeleteSensor(sensor_pb2.DeleteSensorRequest(sensor_id="new"), metadata=OWN)).deleted


async def test_a_neighbour_registers_sensors_anywhere(sensors):
    create = sensor_pb2.CreateSensorRequest(sensor=sensor_pb2.Sensor(sensor_id="auto", loc_id="U-Paint"))
    assert (await sensors.CreateSensor(create, metadata=neighbour("realtime"))).loc_id == "U-Paint"
    await sensors.DeleteSensor(sensor_pb2.DeleteSensorRequest(sensor_id="auto"))
