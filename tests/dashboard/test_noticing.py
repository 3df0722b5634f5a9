"""What a page does wrong is noticed, or the tests of the dashboard would show little."""

import asyncio

import pytest

from tests.support.axe import violations

GOOD = "<!doctype html><html lang=en><title>t</title><main><h1>Now</h1>"
POLICY = "content-security-policy: script-src 'self' 'unsafe-inline'"
HEAD = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n{POLICY}"


@pytest.fixture
async def serve():
    """Serves a page at every path, with a policy that lets no text be run as a script."""
    body = b""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{HEAD}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)

    def serve(text):
        nonlocal body
        body = text.encode()
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield serve
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("<script>nothing()</script>", "uncaught: ReferenceError: nothing is not defined"),
        ("<script>console.error('no')</script>", r"logged: no \(http://127.0.0.1:"),
        ("<script>fetch('http://127.0.0.1:1/')</script>", "failed: GET http://127.0.0.1:1/: net::ERR_UNSAFE_PORT"),
        ("<img alt=a src='http://elsewhere.example/a'>", "asked of another host: GET http://elsewhere.example/a"),
        ("<img alt=a src='http://elsewhere.example/a'>", "failed: .*: net::ERR_NAME_NOT_RESOLVED"),
    ],
)
async def test_what_goes_wrong_on_a_page_is_a_fault_until_it_is_expected(wrong, told, serve, page, faults):
    await page.goto(serve(GOOD + wrong), wait_until="networkidle")
    before = faults.unexpected
    faults.expect(told)
    assert len(faults.unexpected) < len(before)
    faults.expect("elsewhere|ERR_NAME|Failed to fetch|127.0.0.1:1/")


async def test_a_good_page_that_gives_up_a_request_and_leaves_has_no_faults(serve, page, faults):
    hung_up = "<script>c = new AbortController(); fetch('/', {signal: c.signal}).catch(() => 0); c.abort()</script>"
    url = serve(GOOD + hung_up + "<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>")
    await page.goto(url, wait_until="networkidle")
    await page.goto(url, wait_until="commit")
    await page.goto("about:blank")
    assert faults.unexpected == []
    assert url in faults.asked


async def test_a_page_is_looked_at_as_it_is_said(serve, open_page):
    url = serve(GOOD)
    page = await open_page(
        url, width=390, height=844, locale="ko-KR", scheme="dark", motion="no-preference", zone="America/New_York"
    )
    seen = """() => [innerWidth, innerHeight, navigator.language, matchMedia('(prefers-color-scheme: dark)').matches,
        matchMedia('(prefers-reduced-motion: reduce)').matches, Intl.DateTimeFormat().resolvedOptions().timeZone]"""
    assert await page.evaluate(seen) == [390, 844, "ko-KR", True, False, "America/New_York"]
    other = await open_page(url)
    assert await other.evaluate(seen) == [1280, 800, "en-US", False, True, "Asia/Seoul"]
    await page.evaluate("localStorage.setItem('who', 'me')")
    assert await other.evaluate("localStorage.getItem('who')") is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("<img src=/a.png>", "critical image-alt: "),
        ("<p style='color: #ccc; background: #fff'>pale</p>", "serious color-contrast: "),
        ("<button style='width: 9px; height: 9px; padding: 0' aria-label=a></button>" * 2, "serious target-size: "),
    ],
)
async def test_what_keeps_people_from_using_a_page_is_found(wrong, told, serve, page):
    await page.goto(serve(GOOD))
    assert await violations(page) == []
    await page.goto(serve(GOOD + wrong))
    assert [each for each in await violations(page) if each.startswith(told)]
