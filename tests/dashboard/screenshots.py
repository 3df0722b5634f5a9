"""Takes the pictures of the documents: `make screenshots`.

Each page of the dashboard, of a mesh that runs for it with a site worth looking at, in both themes. They are WebP,
which Chromium itself writes. What a picture says of the time is that of the moment; nothing else differs between two
runs.
"""

import asyncio
import base64
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.mesh.options import ROOT
from tests.support.browser import MISSING, running_browser
from tests.support.ports import mesh_on_free_ports
from tests.support.showcase import fill
from tests.support.site import running_site
from tests.support.up import running_up

PICTURES = ROOT / "docs" / "pictures"
NO_FONT = "there is no font here that has Korean (Debian: apt install fonts-nanum)"
QUALITY = 82
SCHEMES = ("light", "dark")
# Whatever moves has come to rest, and what a page asks for has come.
REST_S = 1.5
DESK, WALL, PHONE = (1280, 800), (1600, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Picture:
    """What one shows: a page's address behind `/#/`, or another one that begins with `/`, and how large it is."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    locale: str = "en-US"
    schemes: tuple[str, ...] = SCHEMES


def pictures(alert_id):
    """All of the running site; the alert is the one whose story is told."""
    return (
        Picture("now", "now"),
        Picture("place", "now?place=loc:paint-4", (1280, 1100)),
        Picture("kiosk", "now?kiosk=1", WALL),
        Picture("alerts", "alerts"),
        Picture("alert", f"alerts/{alert_id}"),
        Picture("history", "history?place=loc:paint-4"),
        Picture("limits", "settings/limits"),
        Picture("mappings", "settings/mappings"),
        Picture("subscriptions", "settings/subscriptions"),
        Picture("silences", "settings/silences"),
        Picture("sensors", "settings/sensors"),
        Picture("docs", "/docs", schemes=("light",)),
        Picture("phone", "now", PHONE),
        Picture("now-ko", "now", locale="ko-KR"),
        Picture("alert-ko", f"alerts/{alert_id}", locale="ko-KR", schemes=("light",)),
    )


@asynccontextmanager
async def _signing_in():
    """The address of a mesh that asks who one is."""
    settings = mesh_on_free_ports(MONTRG_PROFILE="secure")
    variables = {"MONTRG_PROFILE": "secure", "MONTRG_PORT_OFFSET": str(settings.port_offset), "MONTRG_REPLAY": "off"}
    up = running_up(**variables)
    await asyncio.to_thread(up.__enter__)
    try:
        yield f"{settings.scheme}://127.0.0.1:{settings.gateway_port}"
    finally:
        await asyncio.to_thread(up.__exit__, None, None, None)


async def _take(browser, url, picture):
    width, height = picture.size
    for scheme in picture.schemes:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=1, locale=picture.locale,
            color_scheme=scheme, reduced_motion="reduce", timezone_id="Asia/Seoul", ignore_https_errors=True,
        )  # fmt: skip
        page = await context.new_page()
        path = picture.path if picture.path.startswith("/") else f"/#/{picture.path}"
        # A page that people have open to the end of time asks for no quiet network.
        await page.goto(f"{url}{path}")
        await page.wait_for_selector("main, .swagger-ui .opblock")
        await page.wait_for_selector("text=/Loading|불러오는 중/", state="detached")
        await asyncio.sleep(REST_S)
        devtools = await context.new_cdp_session(page)
        taken = await devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        target = PICTURES / f"{picture.name}-{scheme}.webp"
        target.write_bytes(base64.b64decode(taken["data"]))
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
        await context.close()


async def take_all():
    """Takes them all; returns why it cannot, or nothing."""
    listed = shutil.which("fc-list")
    if listed is None or not subprocess.run([listed, ":lang=ko"], capture_output=True, check=True).stdout:
        return NO_FONT
    PICTURES.mkdir(exist_ok=True)
    async with running_browser("--font-render-hinting=none", "--hide-scrollbars") as browser:
        if browser is None:
            return MISSING
        async with running_site(fill) as site:
            alerts = await site.get("alert", "alerts/")
            alert_id = next(one["alert_id"] for one in alerts if one.get("acknowledged_by") == "이서연")
            for picture in pictures(alert_id):
                await _take(browser, site.url, picture)
        async with _signing_in() as url:
            await _take(browser, url, Picture("sign-in", "now"))
    return ""


if __name__ == "__main__":
    sys.exit(asyncio.run(take_all()) or None)
