"""Chromium without a window, told over pipes what to do (the Chrome DevTools Protocol), so that nothing listens."""

import contextlib
import json
import os
import subprocess

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-pipe",
    "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--ignore-certificate-errors",  # a person has it trust the authority of the mesh
)  # fmt: skip


class Page:
    """The page of a browser, in which scripts run."""

    def __init__(self, orders, answers):
        self._orders, self._answers = orders, answers
        self._number, self._session = 0, {}
        pages = [each for each in self._call("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        attached = self._call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def open(self, url):
        """Goes to an address, and returns when its scripts were loaded."""
        self._call("Page.enable")
        self._call("Page.navigate", url=url)
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def run(self, script):
        """Returns what the promise that a script makes comes to; an error in it fails the test."""
        done = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]["exception"]["description"]
        return done["result"]["value"]

    def close(self):
        """Ends the browser."""
        self._session = {}
        self._call("Browser.close")

    def _call(self, method, **params):
        self._number += 1
        order = {"id": self._number, "method": method, "params": params, **self._session}
        self._orders.write(json.dumps(order).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        return answer["result"]

    def _next(self):
        words = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            words += byte
        return json.loads(words)


@contextlib.contextmanager
def browsing(chromium, folder):
    """Runs a browser until the block ends; its profile is in the folder."""
    (orders_in, orders_out), (answers_in, answers_out) = os.pipe(), os.pipe()
    # It reads orders from its descriptor 3 and answers at 4; Python cannot give a child descriptors of another number.
    shell = ["bash", "-c", f'exec "$@" 3<&{orders_in} 4>&{answers_out}', "bash"]
    command = [*shell, chromium, *FLAGS, f"--user-data-dir={folder}/profile", "about:blank"]
    env = {**os.environ, "HOME": str(folder)}
    with subprocess.Popen(command, env=env, pass_fds=(orders_in, answers_out), stderr=subprocess.DEVNULL) as process:
        os.close(orders_in)
        os.close(answers_out)
        with os.fdopen(orders_out, "wb", buffering=0) as orders, os.fdopen(answers_in, "rb") as answers:
            try:
                page = Page(orders, answers)
                yield page
                page.close()
                process.wait(20)
            finally:
                process.kill()
