"""A caller who may see some factories sees and touches the mappings of the sensors there alone."""

import asyncpg
import grpc
import pytest
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.thresholds.v1 import mapping_service_pb2 as pb2
from montrg.thresholds.v1 import mapping_service_pb2_grpc, threshold_service_pb2, threshold_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.thresholds.app import APP as THRESHOLDS
from tests.support.callers import BelievingGate, person
from tests.support.directory import make_place, register
from tests.support.mesh import Mesh, eventually
from tests.support.refusals import reason, refused, why, wording

FORBIDDEN, UNAVAILABLE = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE
INVALID = grpc.StatusCode.INVALID_ARGUMENT
OWN, NOBODY = person("Ulsan > Press", "Newark"), person()
PLACES = {
    "mine": ("Ulsan", "Press"),
    "mine-too": ("", "Newark"),
    "paint": ("Ulsan", "Paint"),
    "busan": ("Busan", "Press"),
}
ORANGE = 3  # of the rule pack


@pytest.fixture(scope="module")
async def mesh(admin_url):
    """Thresholds alone at first, which has never reached location."""
    mesh = Mesh(admin_url, BelievingGate())
    await mesh.start(THRESHOLDS)
    yield mesh
    await mesh.close()


@pytest.fixture(scope="module")
async def channel(mesh):
    async with grpc.aio.insecure_channel(mesh.url(THRESHOLDS)) as channel:
        yield channel


@pytest.fixture(scope="module")
def mappings(channel):
    return mapping_service_pb2_grpc.MappingServiceStub(channel)


@pytest.fixture(scope="module")
async def location(mesh):
    await mesh.start(LOCATION)
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        yield channel


@pytest.fixture(scope="module")
async def ids(mappings, location):
    """The mapping of a sensor at each place, and of one that nobody knows."""
    for loc_id, (plant, factory) in PLACES.items():
        await make_place(location, loc_id, plant=plant, factory=factory)
        await register(location, f"s-{loc_id}", loc_id=loc_id)
    made = {loc_id: await add(mappings, f"s-{loc_id}") for loc_id in (*PLACES, "unknown")}

    async def all_seen():
        return await seen(mappings, OWN) == ["s-mine", "s-mine-too"]

    await eventually(all_seen)
    return made


def new(sensor_id, threshold_id=ORANGE):
    return pb2.CreateMappingRequest(mapping=pb2.Mapping(sensor_id=sensor_id, threshold_id=threshold_id))


async def add(mappings, sensor_id, caller=None):
    return (await mappings.CreateMapping(new(sensor_id), metadata=caller)).map_id


async def seen(mappings, caller):
    """The sensors whose mappings a caller sees; none while thresholds has not read the directory, or is away."""
    try:
        answer = await mappings.ListMappings(pb2.ListMappingsRequest(), metadata=caller)
    except grpc.aio.AioRpcError as error:
        if error.code() != UNAVAILABLE:
            raise
        return None
    return [mapping.sensor_id for mapping in answer.mappings]


def single(mappings):
    """What is asked of one mapping."""
    change = pb2.Mapping(duration_seconds=120)
    return {
        "get": (mappings.GetMapping, pb2.GetMappingRequest),
        "update": (mappings.UpdateMapping, lambda map_id: pb2.UpdateMappingRequest(map_id=map_id, mapping=change)),
        "disable": (mappings.DisableMapping, pb2.DisableMappingRequest),
        "enable": (mappings.EnableMapping, pb2.EnableMappingRequest),
        "delete": (mappings.DeleteMapping, pb2.DeleteMappingRequest),
    }


async def test_while_location_was_never_reached_a_limited_caller_is_put_off_and_others_are_served(mappings):
    map_id = await add(mappings, "early")
    assert await reason(mappings.ListMappings(pb2.ListMappingsRequest(), metadata=OWN)) == (
        UNAVAILABLE,
        "LOCATION_UNKNOWN",
    )
    assert (await reason(mappings.CreateMapping(new("other"), metadata=OWN)))[0] == UNAVAILABLE
    for name, (ask, request) in single(mappings).items():
        assert (await reason(ask(request(map_id=map_id), metadata=OWN)))[0] == UNAVAILABLE, name
        await ask(request(map_id=map_id))


async def test_lists_have_the_mappings_of_the_callers_sensors_in_whole_pages(mappings, ids):
    found, request = [], pb2.ListMappingsRequest(limit=1)
    while True:
        answer = await mappings.ListMappings(request, metadata=OWN)
        found += [mapping.sensor_id for mapping in answer.mappings]
        request.page_token = answer.next_page_token
        if not answer.next_page_token:
            break
    assert found == ["s-mine", "s-mine-too"]
    of_threshold = pb2.ListThresholdMappingsRequest(threshold_id=ORANGE)
    for caller, count in ((OWN, 2), (NOBODY, 0), (person("Paint"), 1), (person("*"), 5)):
        assert len((await mappings.ListThresholdMappings(of_threshold, metadata=caller)).mappings) == count
        assert len((await mappings.ListMappings(pb2.ListMappingsRequest(), metadata=caller)).mappings) == count
    for sensor_id, count in (("s-mine", 1), ("s-paint", 0), ("s-unknown", 0), ("nobody", 0)):
        of_sensor = pb2.ListSensorMappingsRequest(sensor_id=sensor_id)
        assert len((await mappings.ListSensorMappings(of_sensor, metadata=OWN)).mappings) == count


async def test_a_page_token_holds_for_the_scope_that_it_was_made_in(mappings, ids):
    for ask, request in (
        (mappings.ListMappings, pb2.ListMappingsRequest(limit=1)),
        (mappings.ListThresholdMappings, pb2.ListThresholdMappingsRequest(limit=1, threshold_id=ORANGE)),
    ):
        request.page_token = (await ask(request, metadata=OWN)).next_page_token
        for other in (person("Newark"), person("*"), NOBODY):
            assert await refused(ask(request, metadata=other)) == (INVALID, ["page_token"])


async def test_a_mapping_elsewhere_is_refused_in_the_words_of_a_missing_one(mappings, ids):
    for name, (ask, request) in single(mappings).items():
        answers = set()
        for map_id in (ids["paint"], ids["busan"], ids["unknown"], 99_999):
            answers.add(await wording(ask(request(map_id=map_id), metadata=OWN), str(map_id)))
        assert len(answers) == 1, (name, answers)
        assert answers.pop()[0] == grpc.StatusCode.NOT_FOUND, name
    stored = await mappings.GetMapping(pb2.GetMappingRequest(map_id=ids["paint"]))
    assert (stored.duration_seconds, stored.enabled) == (60, True)


async def test_a_mapping_of_the_callers_sensor_is_made_changed_and_deleted(mappings, location, ids):
    await register(location, "s-fresh", loc_id="mine")  # a moment ago, so that thresholds has to ask
    map_id = await add(mappings, "s-fresh", OWN)
    for name, (ask, request) in single(mappings).items():
        assert await ask(request(map_id=map_id), metadata=OWN), name


async def test_a_mapping_is_made_for_and_moved_to_the_callers_sensors_alone(mappings, ids):
    for sensor_id in ("s-paint", "s-unknown", "nobody"):
        refusal = (FORBIDDEN, "OUT_OF_SCOPE", {"field": "sensor_id"})
        assert await why(mappings.CreateMapping(new(sensor_id), metadata=OWN)) == refusal
        move = pb2.UpdateMappingRequest(map_id=ids["mine"], mapping=pb2.Mapping(sensor_id=sensor_id))
        assert await why(mappings.UpdateMapping(move, metadata=OWN)) == refusal
    stored = await mappings.GetMapping(pb2.GetMappingRequest(map_id=ids["mine"]))
    assert stored.sensor_id == "s-mine"


async def test_thresholds_are_the_same_for_everybody(channel, mappings):
    thresholds = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
    request = threshold_service_pb2.ListThresholdsRequest()
    assert await thresholds.ListThresholds(request, metadata=NOBODY) == await thresholds.ListThresholds(request)


async def test_the_record_of_a_mapping_is_where_a_sensor_is_that_was_registered_a_moment_ago(
    admin_url, mappings, location, ids
):
    names = [f"fresh-{number}" for number in range(3)]
    for name in names:
        await register(location, name, loc_id="busan")
        await add(mappings, name)
    connection = await asyncpg.connect(admin_url)
    query = "SELECT record ->> 'factory' FROM thresholds.audit_outbox WHERE record #>> '{after,sensor_id}' = ANY($1)"
    assert [row[0] for row in await connection.fetch(query, names)] == ["Press"] * len(names)
    await connection.close()


async def test_a_sensor_that_moves_takes_its_mapping_along_also_for_a_service_that_starts_without_location(
    mesh, mappings, location, ids
):
    move = sensor_service_pb2.UpdateSensorRequest(sensor_id="s-mine", sensor=sensor_service_pb2.Sensor(loc_id="paint"))
    await sensor_service_pb2_grpc.SensorServiceStub(location).UpdateSensor(move)

    async def has_moved():
        return await seen(mappings, OWN) == ["s-mine-too"]

    await eventually(has_moved)
    await mesh.stop(LOCATION)
    await mesh.stop(THRESHOLDS)
    await mesh.start(THRESHOLDS)
    await eventually(has_moved)
    assert await seen(mappings, person("Paint")) == ["s-mine", "s-paint"]
