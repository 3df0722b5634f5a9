"""Swagger UI as a person uses it."""

from playwright.async_api import expect


async def authorize(page, token):
    """Has the page send a token from now on."""
    await page.get_by_role("button", name="Authorize", exact=True).click()
    form = page.locator(".modal-ux form").filter(has_text="(http, Bearer)")
    await form.get_by_role("textbox").fill(token)
    await form.get_by_role("button", name="Apply credentials").click()
    await expect(form.get_by_role("button", name="Remove authorization")).to_be_visible()
    await form.get_by_role("button", name="Close", exact=True).click()


async def tried_out(page, operation):
    """Tries an operation without parameters, by its id, and returns the status that the page shows."""
    block = page.locator(f"[id='{operation}']")
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Execute").click()
    return int(await block.locator(".live-responses-table tbody .response-col_status").first.inner_text())
