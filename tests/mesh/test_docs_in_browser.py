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


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_every_operation_is_listed_and_nothing_is_asked_of_another_host(name, mesh, page, faults):
    address = f"http://{mesh.addresses[name]}"
    await page.goto(f"{address}/docs")
    document = json.loads((ROOT / "gen" / "openapi" / f"{name}.json").read_text())
    expected = [
        [f"operations-{operation['tags'][0]}-{operation['operationId']}", path, operation["summary"]]
        for path, operations in document["paths"].items()
        for operation in operations.values()
    ]
    listed = page.locator(".opblock")
    await expect(listed).to_have_count(len(expected))
    assert sorted(await listed.evaluate_all(SEEN)) == sorted(expected)
    assert f"{address}/openapi.json" in faults.asked
    assert [url for url in faults.asked if not url.startswith((f"{address}/", "data:"))] == []
