"""Where no alert is wanted about doubtful sensors, their dangers can be resolved by hand all the same."""

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2, alert_service_pb2_grpc

from services.alert.app import APP as ALERT
from tests.support.directory import register
from tests.support.mesh import eventually
from tests.support.refusals import reason


@pytest.fixture(scope="module")
def settings():
    """No alert about doubt; silence is noticed within a test's time."""
    return {"MONTRG_SILENCE_S": "1", "MONTRG_NO_DATA_LEVEL": "green", "MONTRG_SUSPECT_LEVEL": "green"}


async def test_a_danger_of_a_sensor_in_doubt_is_resolved_without_an_alert_about_the_doubt(
    connection, mesh, location, write, come_to
):
    await register(location, "dead", interval_s=1)
    await register(location, "odd", "sound", interval_s=600)
    await write("dead", (-100, 36.0), (-30, 36.0))
    await write("odd", (-700, 49.0), (-90, 49.0))
    await write("sound", (-90, 36.0))
    raised = {"dead": "red", "odd": "critical", "sound": "red"}
    for name, level in raised.items():
        await come_to(name, f"threshold raised:{level}")
    numbers = dict(await connection.fetch("SELECT sensor_id, alert_id FROM alert.alert"))
    async with grpc.aio.insecure_channel(mesh.url(ALERT)) as channel:
        stub = alert_service_pb2_grpc.AlertServiceStub(channel)

        def resolve(name):
            request = alert_service_pb2.ResolveAlertRequest(alert_id=numbers[name], actor="Kim")
            return stub.ResolveAlert(request)

        assert (await resolve("odd")).clear_reason == "resolved"
        expected = (grpc.StatusCode.FAILED_PRECONDITION, "ALERT_STILL_MEASURED")
        assert await reason(resolve("sound")) == expected

        async def is_silent():
            query = "SELECT (machines ->> 'is_silent')::boolean FROM alert.sensor_state WHERE sensor_id = 'dead'"
            return await connection.fetchval(query)

        await eventually(is_silent)
        assert (await resolve("dead")).clear_reason == "resolved"
