"""The page Now, as somebody who has to know at a glance sees it."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.support.axe import violations

# What a browser logs of a service that is away.
AWAY = r"503|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_HTTP2|ERR_CONNECTION"


def state(page):
    """The chip that says whether what is shown is live."""
    return page.locator(".chip[data-state]")


def cell(page, loc_id):
    """An area on the map."""
    return page.locator(f"[data-loc='{loc_id}']")


@pytest.fixture
async def now(site, open_page):
    """The page, open and live."""
    page = await open_page(site.url)
    await expect(state(page)).to_have_text("Live")
    return page


async def test_a_breach_written_through_rest_shows_on_the_open_page_within_two_seconds(site, now):
    await expect(cell(now, "welding")).to_contain_text("Normal")
    await site.write("welding", 36.5, humidity=60)
    await expect(cell(now, "welding")).to_contain_text("Warning", timeout=2_000)
    await expect(now.get_by_test_id("hottest-place")).to_have_text("Welding")
    await expect(now.get_by_role("treeitem", name="floor 2")).to_contain_text("Warning")


async def test_a_stranger_learns_where_it_is_hottest_since_when_who_was_told_and_what_the_law_asks(site, now):
    await site.write("oven", 39, humidity=60)
    await expect(now.get_by_test_id("hottest-place")).to_have_text("건조로")
    await expect(now.get_by_test_id("hottest-value")).to_have_text("39.5")
    await expect(now.get_by_test_id("hottest-since")).to_contain_text(re.compile(r"\d\d:\d\d \(for \d+ s"))
    await expect(now.get_by_test_id("hottest-told")).to_contain_text(re.compile(r"localhost:\d+, at \d\d:\d\d"))
    await expect(now.get_by_test_id("hottest-law")).to_contain_text("emergency work only")
    assert await site.told.received(1)


async def test_without_messages_what_is_shown_is_stale_and_says_since_when_and_then_it_goes_on(site, now, faults):
    faults.expect(AWAY)
    async with site.standing_still("realtime"):
        await expect(state(now)).to_have_text(re.compile(r"Stale since \d\d:\d\d:\d\d"), timeout=30_000)
        await expect(now.locator(".hottest")).to_have_class(re.compile("stale"))
    await expect(state(now)).to_have_text("Live")
    await expect(now.locator(".hottest")).not_to_have_class(re.compile("stale"))


async def test_a_killed_realtime_service_is_seen_and_what_was_written_meanwhile_comes(site, now, faults):
    faults.expect(AWAY)
    broken = asyncio.create_task(expect(state(now)).to_have_text(re.compile("Reconnecting|Stale since")))
    await site.kill("realtime")
    await broken
    await site.ready("realtime")
    await site.write("booth", 34, humidity=60)
    await expect(state(now)).to_have_text("Live")
    await expect(cell(now, "booth")).to_contain_text("Caution")


async def test_the_tree_is_walked_by_keyboard_and_leads_to_the_sensors_of_a_place(now):
    await now.get_by_role("treeitem").first.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        await now.keyboard.press(key)
    await expect(now.locator("[aria-selected=true]")).to_be_focused()
    assert "place=" in now.url
    await expect(now.get_by_role("table")).to_be_visible()
    await now.keyboard.press("ArrowLeft")
    await expect(now.locator("[aria-expanded=false]")).to_have_count(1)


async def test_it_speaks_korean_to_who_reads_it_on_a_phone(site, open_page):
    page = await open_page(site.url, locale="ko-KR", scheme="dark", width=390, height=844)
    await expect(state(page)).to_have_text("실시간")
    await expect(page.locator("html")).to_have_attribute("lang", "ko")
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    await page.get_by_role("button", name="English").click()
    await expect(state(page)).to_have_text("Live")


async def test_the_wall_screen_has_no_menu_and_is_left_by_escape(site, open_page):
    page = await open_page(f"{site.url}/#/now?kiosk=1", width=1920, height=1080)
    await expect(cell(page, "oven")).to_be_visible()
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("navigation")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_with_disabilities_from_using_it(site, open_page, scheme):
    page = await open_page(f"{site.url}/#/now?place=loc:oven", scheme=scheme)
    await expect(page.get_by_role("table")).to_be_visible()
    assert await violations(page) == []
