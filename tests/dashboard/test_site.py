"""The mesh that people look at: what it begins with, and what can be done to it."""

from tests.support.site import PLACES
from tests.support.swagger import tried_out


async def measured(site):
    measurements = (await site.get("realtime", "realtime/"))["measurements"]
    return {each["location"]["loc_id"]: each["metrics"] for each in measurements}


async def test_it_begins_quiet_with_readings_that_are_known(site):
    by_place = await measured(site)
    assert {loc_id: metrics["temperature"]["value"] for loc_id, metrics in by_place.items()} == {
        place.loc_id: place.at(0) for place in PLACES
    }
    assert {metrics["pcv_temperature"]["status"] for metrics in by_place.values()} == {"normal"}
    series = await site.get("realtime", "realtime/readings?sensor_id=oven")
    assert len(series) == 61
    assert await site.get("alert", "alerts/") == []


async def test_a_breach_is_an_alert_that_somebody_is_told_of(site):
    await site.write("oven", 36, humidity=70)
    assert (await measured(site))["oven"]["pcv_temperature"]["level"] == "red"
    (message,) = await site.told.received(1)
    (alert,) = await site.get("alert", "alerts/?state=open")
    assert [each["alert_id"] for each in message.json["alerts"]] == [alert["alert_id"]]


async def test_swagger_ui_tries_an_operation(site, page):
    await page.goto(site.docs("realtime"))
    assert await tried_out(page, "operations-RealtimeService-RealtimeService_GetMeasurements") == 200


async def test_a_service_that_was_killed_or_stood_still_serves_again(site):
    await site.kill("realtime")
    await site.ready("realtime")
    assert (await measured(site)).keys() == {place.loc_id for place in PLACES}
    async with site.standing_still("location"):
        assert not await site.serves("location")
    assert await site.serves("location")
