"""Every page, for whoever sees little, hears it read, has no mouse, reads Korean, or has only a phone."""

import re

import pytest
from playwright.async_api import expect

from tests.support.axe import violations

PAGES = (
    "now",
    "now?place=loc:oven",
    "now?kiosk=1",
    "alerts",
    "alerts/{alert_id}",
    "history?place=loc:oven",
    "settings/limits",
    "settings/mappings",
    "settings/subscriptions",
    "settings/silences",
    "settings/sensors",
)
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
async def alert_id(site):
    """An alert with a story, which is over when the tests of the pages are."""
    raised = await site.change(
        "POST", "alert", "alerts/", {"loc_id": "stamping", "alert_level": "yellow", "message": "It smells of smoke"}
    )
    yield raised["alert_id"]
    await site.change("POST", "alert", f"alerts/{raised['alert_id']}:resolve", {"actor": "Kim"})


@pytest.fixture
def show(site, alert_id):
    """Shows one of the pages, and waits until all that it asks for is there."""

    async def show(page, name):
        await page.goto(f"{site.url}/#/{name.format(alert_id=alert_id)}")
        await expect(page.locator("main h1")).to_have_count(1)
        await expect(page.get_by_text(re.compile("Loading…|불러오는 중"))).to_have_count(0)

    return show


@pytest.mark.parametrize("name", PAGES)
async def test_no_page_keeps_people_with_disabilities_from_using_it_in_either_theme(name, show, page):
    await show(page, name)
    await expect(page.locator("h1")).to_have_count(1)
    await expect(page).to_have_title(re.compile(r"^(\(\d+\) )?(Now|Alerts|History|Settings) · flet-montrg$"))
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert await violations(page) == [], scheme


async def test_no_page_is_wider_than_a_phone_in_korean(show, open_page):
    page = await open_page(locale="ko-KR", width=390, height=844)
    wider = {}
    for name in PAGES:
        await show(page, name)
        wider[name] = await page.evaluate(WIDER)
    assert wider == dict.fromkeys(PAGES, 0)


async def test_the_first_key_leads_past_the_menu_to_the_content(show, page):
    await show(page, "settings/limits")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#/settings/limits")
    await page.keyboard.press("Tab")
    await expect(page.locator("main :focus")).to_have_count(1)


async def test_the_language_is_switched_where_one_is_and_stays(show, page):
    await show(page, "history?place=loc:oven&metric=humidity")
    address = page.url
    await page.get_by_role("button", name="한국어").click()
    await expect(page.locator("main h1")).to_have_text("이력")
    await expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.url == address
    await page.reload()
    await expect(page.locator("main h1")).to_have_text("이력")
