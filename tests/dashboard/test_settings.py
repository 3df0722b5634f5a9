"""The settings: what is set on a page is what the services then say."""

from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.support.mesh import eventually

ZONE = ZoneInfo("Asia/Seoul")


@pytest.fixture
async def ladder(site):
    """Tells the limits of the perceived temperature by id; what a test changes of them is put back."""

    async def ladder():
        limits = await site.get("thresholds", "thresholds/type/pcv_temperature?limit=1000")
        return {each["threshold_id"]: (each.get("min_value"), each.get("max_value")) for each in limits}

    before = await ladder()
    yield ladder
    for threshold_id, ends in before.items():
        if (await ladder())[threshold_id] != ends:
            body = dict(zip(("min_value", "max_value"), ends, strict=True))
            await site.change("PUT", "thresholds", f"thresholds/{threshold_id}", body)


@pytest.fixture
def made(site):
    """Removes what is new of a service's list when a block ends."""

    @asynccontextmanager
    async def made(service, path, key):
        async def known():
            return {each[key] for each in await site.get(service, f"{path}/")}

        before = await known()
        try:
            yield
        finally:
            for each in await known() - before:
                await site.change("DELETE", service, f"{path}/{each}")

    return made


async def drag(page, start, by):
    """Moves what is at the middle of something with the mouse, by so many pixels down."""
    box = await start.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + by / 2)
    await page.mouse.move(x, y + by)
    await page.mouse.up()


async def save(page):
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)


async def test_borders_that_are_moved_by_mouse_and_by_key_are_the_limits_that_hold(site, ladder, open_page):
    page = await open_page(f"{site.url}/#/settings/limits")
    top = page.get_by_role("slider").last
    second = page.get_by_role("slider").nth(-2)
    before = [float(await each.get_attribute("aria-valuenow")) for each in (second, top)]
    await top.scroll_into_view_if_needed()
    await drag(page, top, by=20)
    await second.press("ArrowDown")
    after = [float(await each.get_attribute("aria-valuenow")) for each in (second, top)]
    assert after[0] == pytest.approx(before[0] - 0.1)
    assert before[0] < after[1] < before[1]
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved. It holds within a second.")).to_be_visible()
    ends = {end for limit in (await ladder()).values() for end in limit}
    assert set(after) < ends
    assert not set(before) & ends


async def test_a_gap_is_told_in_words_before_it_is_saved(site, ladder, open_page):
    before = await ladder()
    page = await open_page(f"{site.url}/#/settings/limits")
    findings = page.get_by_test_id("findings")
    await expect(findings).to_have_text("No gaps, no overlaps.")
    await page.get_by_label("Move neighbours together").uncheck()
    end = page.get_by_role("slider", name="Upper end of Caution")
    value = float(await end.get_attribute("aria-valuenow"))
    await end.press("ArrowDown")
    await expect(findings).to_contain_text(f"Gap: no band holds {value - 0.1:.1f} °C to {value:.1f} °C.")
    await page.get_by_role("button", name="Discard").click()
    await expect(findings).to_have_text("No gaps, no overlaps.")
    assert await ladder() == before


async def test_a_new_subscription_is_among_those_whom_a_breach_would_reach(site, place, made, open_page):
    page = await open_page(f"{site.url}/#/settings/subscriptions")
    await page.get_by_label("Place", exact=True).select_option(place.loc_id)
    reached = page.get_by_test_id("reached")
    await expect(reached).to_contain_text(site.told.url.split("//")[1])
    name = f"Leader of {place.area}"
    async with made("alert", "subscriptions", "subscription_id"):
        await page.get_by_role("button", name="Add a recipient", exact=True).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name", exact=True).fill(name)
        await dialog.get_by_label("By", exact=True).select_option("webhook")
        await dialog.get_by_label("Address of the webhook").fill(f"{site.told.url}/leader")
        await dialog.get_by_label("Area").fill(place.area)
        await save(page)
        await expect(page.get_by_test_id("subscriptions")).to_contain_text(name)
        await expect(reached.get_by_role("listitem").filter(has_text="At once")).to_contain_text(name)
        query = f"loc_id={place.loc_id}&alert_type=threshold&level=red"
        matches = await site.get("alert", f"subscriptions/match?{query}")
        (match,) = [each for each in matches if each["subscription"].get("name") == name]
        assert "held_by" not in match
        await expect(reached.locator("li li")).to_have_count(len(matches))


async def test_hours_that_are_chosen_in_the_calendar_are_a_silence(site, place, made, open_page):
    page = await open_page(f"{site.url}/#/settings/silences")
    await page.get_by_role("button", name="Next week").click()
    await page.locator("[data-cell='3-9']").scroll_into_view_if_needed()
    hours = [await page.locator(f"[data-cell='3-{hour}']").bounding_box() for hour in (9, 11)]
    async with made("alert", "silences", "silence_id"):
        await drag(page, page.locator("[data-cell='3-9']"), by=hours[1]["y"] - hours[0]["y"])
        dialog = page.get_by_role("dialog")
        typed = [await dialog.get_by_label(name, exact=True).input_value() for name in ("From", "Until")]
        assert [moment[-5:] for moment in typed] == ["09:00", "12:00"]
        await dialog.get_by_label("Area").fill(place.area)
        await dialog.get_by_label("Why").fill("The oven is cleaned")
        await dialog.get_by_label("Who wants it").fill("Kim")
        await save(page)
        await expect(page.get_by_test_id("silences")).to_contain_text(place.area)
        await expect(page.get_by_role("button", name=f"09:00–12:00: {place.area}. The oven is cleaned")).to_be_visible()
        silences = await site.get("alert", "silences/")
        (silence,) = [each for each in silences if each.get("area") == place.area]
        moments = [datetime.fromisoformat(silence[name]).astimezone(ZONE) for name in ("start_time", "end_time")]
        assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in moments] == typed
        assert (silence["author"], silence["reason"]) == ("Kim", "The oven is cleaned")


async def test_a_correction_of_a_sensor_changes_what_it_measures_next(site, place, open_page):
    page = await open_page(f"{site.url}/#/settings/sensors?loc={place.loc_id}")
    sensor = page.get_by_role("row", name=place.loc_id)
    await expect(sensor).to_contain_text("28.0 °C")
    await page.get_by_role("button", name=f"Edit: {place.loc_id}").click()
    await page.get_by_role("button", name="Add a correction from now on").click()
    await page.get_by_label("Temperature, °C").fill("-2.5")
    preview = page.get_by_test_id("calibration-preview")
    await expect(preview).to_contain_text("reads 28.0 °C, will read 25.5 °C")
    await save(page)
    await expect(sensor).to_contain_text("-2.5 °C")

    async def corrected():
        # Realtime hears of it a moment later; what was measured before is as it was.
        await site.write(place.loc_id, 27.5)
        (measured,) = (await site.get("realtime", f"realtime/loc_id/{place.loc_id}"))["measurements"]
        return measured["metrics"]["temperature"]["value"] == 25.0

    await eventually(corrected)
    await expect(sensor).to_contain_text("25.0 °C")


async def test_a_limit_that_a_sensor_is_given_is_its_own(site, place, made, open_page):
    async with made("thresholds", "mappings", "map_id"):
        page = await open_page(f"{site.url}/#/settings/mappings?sensor={place.loc_id}")
        await page.get_by_role("button", name="Give a sensor limits").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_label("Sensor", exact=True)).to_have_value(place.loc_id)
        limit = dialog.get_by_label("Limit", exact=True)
        await limit.select_option(index=1)
        threshold_id = int(await limit.input_value())
        await dialog.get_by_label("Alert after").fill("120")
        await save(page)
        await expect(page.get_by_role("row", name=place.loc_id)).to_contain_text("2 min")
        (mapping,) = await site.get("thresholds", f"mappings/sensor/{place.loc_id}")
        assert (mapping["threshold_id"], mapping["duration_seconds"]) == (threshold_id, 120)
