"""The page Alerts: who has to act on a breach sees it, says what is done about it, and learns what became of it."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.support.mesh import eventually

# What people would hear and be shown, counted beside what the browser does of it.
LISTENER = """
    window.heard = {tones: 0, notices: []}
    const start = AudioScheduledSourceNode.prototype.start
    AudioScheduledSourceNode.prototype.start = function (...when) { heard.tones += 1; start.apply(this, when) }
    window.Notification = new Proxy(Notification, {
        construct(made, [title, ...more]) { heard.notices.push(title); return new made(title, ...more) },
    })
"""
MISSING = 999_999_999


@pytest.fixture
def open_alerts(site, open_page):
    """Opens the list of open alerts, and waits until it is live."""

    async def open_alerts(**options):
        page = await open_page(f"{site.url}/#/alerts", **options)
        await live(page)
        return page

    return open_alerts


async def live(page):
    await expect(page.locator("main .chip[data-state]")).to_have_text("Live")


def row(page, place):
    """The alert of a place in a list."""
    return page.get_by_test_id("alert").filter(has_text=place.area)


async def do(page, button, name="Kim", **words):
    """Presses a button of an alert, says in its dialog who acts, and what else it asks for by its label."""
    await button.click()
    dialog = page.get_by_role("dialog")
    if await dialog.get_by_role("button", name="Change name").count() == 0:
        await dialog.get_by_label("Your name").fill(name)
    for label, text in words.items():
        await dialog.get_by_label(label).fill(text)
    await dialog.get_by_test_id("do").click()
    await expect(dialog).to_have_count(0)


async def test_a_breach_is_listed_on_the_open_page_and_who_takes_care_of_it_is_seen_on_another_one(
    site, place, open_alerts
):
    mine, other = await open_alerts(), await open_alerts()
    await expect(row(mine, place)).to_have_count(0)
    await site.write(place.loc_id, 34, humidity=60)
    await expect(row(mine, place)).to_contain_text("Caution")
    await do(mine, row(mine, place).get_by_test_id("acknowledge"), Note="The fans run")
    for page in (mine, other):
        await expect(row(page, place)).to_contain_text("Kim takes care of it")
        await expect(row(page, place).get_by_test_id("acknowledge")).to_have_count(0)


async def test_the_story_of_an_alert_tells_in_order_who_was_told_and_what_people_did(site, place, open_alerts):
    page = await open_alerts()
    await site.write(place.loc_id, 34, humidity=60)
    await row(page, place).get_by_role("link", name=place.area).click()
    titles = page.get_by_test_id("story").locator("li strong")
    # Of a URL the host alone: the rest is often a secret.
    told = f"{urlsplit(site.told.url).netloc}: sent"
    await expect(titles).to_have_text(["Raised", told])
    await do(page, page.get_by_test_id("shelve"), Reason="The fan is being mended")
    await expect(page.locator("main")).to_contain_text("Shelved until")
    await do(page, page.get_by_test_id("comment"), Note="Everybody has left")
    await expect(titles).to_have_text(["Raised", told, "Shelved", "Comment"])
    for what in ("The fan is being mended", "Everybody has left"):
        await expect(page.get_by_test_id("story").get_by_role("listitem").filter(has_text=what)).to_contain_text("Kim")


async def test_an_alert_that_does_not_exist_is_told_in_the_words_of_the_server(site, open_page):
    page = await open_page(f"{site.url}/#/alerts/{MISSING}")
    answer = await site.rest("GET", "alert", f"/api/v1/alerts/{MISSING}")
    assert answer.status_code == 404
    await expect(page.get_by_role("alert")).to_contain_text(answer.json()["message"])
    await expect(page.get_by_role("link", name="All alerts")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)


async def test_an_alert_that_a_person_raises_and_resolves_is_over(place, open_alerts):
    page = await open_alerts()
    message = f"Somebody fainted at {place.area}"
    button = page.get_by_role("button", name="Raise an alert")
    await do(page, button, **{"Place": place.loc_id, "What is the matter": message})
    await expect(page.get_by_role("heading", level=1)).to_contain_text(place.area)
    await do(page, page.get_by_test_id("resolve"))
    await expect(page.get_by_test_id("resolve")).to_have_count(0)
    await page.get_by_role("link", name="All alerts").click()
    await live(page)
    await expect(row(page, place)).to_have_count(0)
    await page.get_by_role("link", name="Over", exact=True).click()
    await expect(row(page, place)).to_contain_text(message)


async def test_a_rise_is_heard_and_notified_only_by_who_has_switched_it_on(site, place, open_alerts):
    page = await open_alerts(permissions=["notifications"])
    await page.add_init_script(LISTENER)
    await page.reload()
    await live(page)
    await site.write(place.loc_id, 34, humidity=60)
    await expect(row(page, place)).to_contain_text("Caution")
    assert await page.evaluate("heard") == {"tones": 0, "notices": []}
    await page.get_by_role("switch", name="Sound").check()
    await page.get_by_role("switch", name="Browser notifications").check()
    # It is heard once as it is switched on.
    await eventually(lambda: page.evaluate("heard.tones == 1"))
    await site.write(place.loc_id, 36, humidity=60)
    await expect(row(page, place)).to_contain_text("Warning")
    # Three more for a warning.
    await eventually(lambda: page.evaluate("heard.tones == 4 && heard.notices.length == 1"))
    (notice,) = await page.evaluate("heard.notices")
    assert re.match(f"Warning: .*{place.area}", notice)
