"""A real Chromium without a window: pages as people of all kinds have them, and whatever goes wrong on one is noticed.

`tests/conftest.py` makes the fixtures known to all tests: `browser`, `open_page`, `page` and `faults`.
"""

import os
import re
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright, expect

from tests.support.programs import program

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "there is no chromium here (Debian: apt install chromium)"
# No name is looked up, whoever asks, no proxy is asked instead, and the browser asks its maker nothing.
FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-quic",
)
HOST = "127.0.0.1"
# A busy machine is no fault of a page.
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


class Faults:
    """What pages did wrong: errors that nobody caught or that they log, requests that failed or went to another host.

    A request that the page gave up, or that ended with the page, is no fault.

    Attributes:
        asked: the addresses of all requests, in order.
    """

    def __init__(self):
        self.asked: list[str] = []
        self._found: list[str] = []
        self._expected: list[str] = []

    def expect(self, pattern):
        """Has faults in which the regular expression is found be none, those too that were before."""
        self._expected.append(pattern)

    @property
    def unexpected(self):
        """Each fault that nobody expects, in words."""
        return [each for each in self._found if not any(re.search(pattern, each) for pattern in self._expected)]

    def watch(self, context):
        """Notices what the pages of a context do from now on."""
        context.on("weberror", lambda told: self._found.append(f"uncaught: {told.error.stack or told.error.message}"))
        context.on("console", self._logged)
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)

    def _logged(self, message):
        if message.type == "error":
            self._found.append(f"logged: {message.text} ({message.location['url']})")

    def _asked(self, request):
        self.asked.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != HOST:
            self._found.append(f"asked of another host: {request.method} {request.url}")

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":
            self._found.append(f"failed: {request.method} {request.url}: {request.failure}")


@asynccontextmanager
async def running_browser(*flags):
    """A browser without a window and with nothing of an earlier one, until the block ends; None where there is none.

    The flags are more of Chromium's than those that all have.
    """
    chromium = program(*NAMES)
    if chromium is None:
        yield None
        return
    # It keeps reports of its crashes at home.
    with tempfile.TemporaryDirectory(prefix="montrg-browser-", ignore_cleanup_errors=True) as home:
        env: dict[str, str | float | bool] = {**os.environ, "HOME": home}
        async with async_playwright() as playwright:
            # Its own sandbox takes what neither root nor most containers have.
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=[*FLAGS, *flags], chromium_sandbox=False, env=env
            )
            yield browser
            await browser.close()


@pytest.fixture(scope="session")
async def browser():
    """The browser of this worker; where there is none, whoever asks for it is skipped."""
    async with running_browser() as browser:
        if browser is None:
            pytest.skip(MISSING)
        yield browser


@pytest.fixture
def faults():
    """The faults of a test's pages: one that it does not expect fails it at its end."""
    faults = Faults()
    yield faults
    assert faults.unexpected == []


@pytest.fixture
async def open_page(browser, faults):
    """Opens pages that know nothing of each other, for as long as a test lasts."""
    async with AsyncExitStack() as stack:

        async def open_page(
            address=None,
            *,
            width=1280,
            height=800,
            locale="en-US",
            scheme="light",
            motion="reduce",
            zone="Asia/Seoul",
            trusting=False,
            **more,
        ):
            """Opens one at an address, if one is given.

            The scheme of colours is light or dark; motion is reduce, or no-preference; the zone is that of the person
            who looks. One who trusts takes every certificate. More are Playwright's options of a context.
            """
            context = await browser.new_context(
                viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme, reduced_motion=motion,
                timezone_id=zone, ignore_https_errors=trusting, **more,
            )  # fmt: skip
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            faults.watch(context)
            page = await context.new_page()
            if address:
                await page.goto(address)
            return page

        yield open_page


@pytest.fixture
async def page(open_page):
    """One page, as most have it: English, light, on a desk."""
    return await open_page()
