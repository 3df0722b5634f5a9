"""The documentation as a person sees it: Swagger UI of each port, in a real browser."""

import json

import pytest
from playwright.async_api import expect

from services.catalog import SERVICES
from services.mesh.options import ROOT

# What a person sees of each operation that is listed.
SEEN = """blocks => blocks.map(block => [
    block.id,
    block.querySelector('.opblock-summary-path').dataset.path,
    block.querySelector('.opblock-summary-description').textContent,
])"""


async def lists_every_operation(page, name):
    """Whether a page shows each operation of a document, with its path and summary, and no other."""
    document = json.loads((ROOT / "gen" / "openapi" / f"{name}.json").read_text())
    expected = [
        [f"operations-{operation['tags'][0]}-{operation['operationId']}", path, operation["summary"]]
        for path, operations in document["paths"].items()
        for operation in operations.values()
    ]
    listed = page.locator(".opblock")
    await expect(listed).to_have_count(len(expected))
    return sorted(await listed.evaluate_all(SEEN)) == sorted(expected)


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_every_operation_is_listed_and_nothing_is_asked_of_another_host(name, mesh, page, faults):
    address = f"http://{mesh.addresses[name]}"
    await page.goto(f"{address}/docs")
    assert await lists_every_operation(page, name)
    assert f"{address}/openapi.json" in faults.asked
    assert [url for url in faults.asked if not url.startswith((f"{address}/", "data:"))] == []


async def test_the_gateway_lists_every_operation_and_picks_each_document(mesh, page, faults):
    await page.goto(f"http://{mesh.gateway}/docs")
    assert await lists_every_operation(page, "gateway")
    picker = page.get_by_role("combobox").first
    assert await picker.locator("option").all_inner_texts() == ["Everything", *(each.title for each in SERVICES)]
    await picker.select_option("Alerts")
    assert await lists_every_operation(page, "alert")
    assert [url for url in faults.asked if not url.startswith((f"http://{mesh.gateway}/", "data:"))] == []
