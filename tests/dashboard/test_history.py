"""The page History: what was measured at a place, as the service tells it."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.support.mesh import eventually

ZONE = ZoneInfo("Asia/Seoul")
# What charts write is no text of the page.
LISTENER = """
    window.written = []
    const write = CanvasRenderingContext2D.prototype.fillText
    CanvasRenderingContext2D.prototype.fillText = function (...what) { written.push(what[0]); write.apply(this, what) }
"""


@pytest.fixture
def days():
    """The site's days in which the last hour was, as an address has them."""
    now = datetime.now(ZONE)
    return {"from": f"{now - timedelta(hours=1):%Y-%m-%d}", "to": f"{now:%Y-%m-%d}"}


@pytest.fixture
async def points(site, place):
    """The hours of a place with readings, the latest first, as REST tells of them once they hold all."""
    query = {"loc_id": place.loc_id, "step": "1h", "metrics": "pcv_temperature"}
    query["start_time"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    points: list[Any] = []

    async def complete():
        answer = await site.get("aggregation", f"aggregation/timeseries?{urlencode(query)}")
        points[:] = [each for series in answer["series"] for each in series["points"] if not each.get("gap")]
        return sum(each["readings"] for each in points) == 61

    await eventually(complete)
    return points[::-1]


def shown(point):
    """The row of a point as a person reads it."""
    hour = datetime.fromisoformat(point["start_time"]).astimezone(ZONE)
    values = (Decimal(str(point["metrics"][f"pcv_temperature_{name}"])) for name in ("max", "avg", "min"))
    rounded = (str(value.quantize(Decimal("0.1"), ROUND_HALF_UP)) for value in values)
    return [f"{hour:%Y-%m-%d %H:%M}", *rounded, str(point["readings"]), str(point["suspect"])]


def address(site, place, **query):
    return f"{site.url}/#/history?{urlencode({'place': f'loc:{place.loc_id}'} | query)}"


async def test_the_table_has_the_numbers_that_the_service_tells(site, place, points, days, open_page):
    page = await open_page(address(site, place, **days))
    cells = page.get_by_test_id("history-table").locator("tbody").locator("th, td")
    await expect(cells).to_have_text([cell for point in points for cell in shown(point)])
    hottest = max(float(shown(point)[1]) for point in points)
    await expect(page.get_by_test_id("history-highest")).to_have_text(f"{hottest:.1f}")


async def test_the_address_says_place_range_metric_and_step_and_follows_what_is_chosen(site, place, days, open_page):
    page = await open_page(address(site, place, **days, metric="humidity", step="day"))
    await expect(page.get_by_role("heading", level=2).first).to_contain_text(place.area)
    await expect(page.get_by_label("From", exact=True)).to_have_value(days["from"])
    await expect(page.get_by_label("To", exact=True)).to_have_value(days["to"])
    await expect(page.get_by_label("Metric")).to_have_value("humidity")
    await expect(page.get_by_label("Step")).to_have_value("day")
    latest = page.get_by_test_id("history-table").locator("tbody tr").first
    await expect(latest).to_contain_text(days["to"])
    await expect(latest.locator("td").first).to_have_text("50")
    await page.get_by_label("Metric").select_option("temperature")
    await expect(latest.locator("td").first).to_have_text(f"{place.temperature + 0.4:.1f}")
    assert "metric=temperature" in page.url


async def test_the_download_is_the_file_that_the_service_exports(site, place, points, days, open_page):
    page = await open_page(address(site, place, **days))
    await expect(page.get_by_test_id("history-table")).to_be_visible()
    async with page.expect_download() as started:
        await page.get_by_role("button", name="CSV").click()
    download = await started.value
    assert place.loc_id in download.suggested_filename
    start, end = (days[name].replace("-", "") for name in ("from", "to"))
    query = urlencode({"loc_id": place.loc_id, "start_date": start, "end_date": end, "bom": "true"})
    exported = await site.rest("GET", "aggregation", f"/api/v1/aggregation/pcv_temperature/export?{query}")
    assert exported.status_code == 200
    assert (await download.path()).read_bytes() == exported.content
    assert exported.text.count("\n") > len(points)


async def test_the_chart_names_the_limits_near_what_was_measured(site, place, points, days, page):
    await page.add_init_script(LISTENER)
    await page.goto(address(site, place, **days))
    await eventually(lambda: page.evaluate("written.includes('Attention')"))
    assert "Danger" not in await page.evaluate("written")
