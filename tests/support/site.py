"""A small site for those who look at a whole mesh: known places, sensors and readings, and somebody who is told."""

import asyncio
import contextlib
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from services import catalog
from tests.support.ports import mesh_on_free_ports
from tests.support.receivers import webhook
from tests.support.rest import Rest, row
from tests.support.up import running_up

HUMIDITY = 50.0
# So that nothing is alike for an hour, as only broken sensors measure.
WAVE = (0.0, 0.1, 0.3, 0.2, 0.4)
# Long enough that none is silent before its tests end, and that one hot reading is an alert at once.
INTERVAL_S = 600
PATIENCE_S = 30
# What a service has to answer for it to serve; Envoy tells of its health a moment later.
ASKED = {
    "thresholds": "thresholds/",
    "location": "locations/",
    "realtime": "realtime/",
    "aggregation": "aggregation/pcv_temperature/?start_date=2026",
    "alert": "alerts/",
    "alert_history": "alert-history/",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place with one sensor of the same name, and about how warm it was there for the last hour in °C."""

    loc_id: str
    factory: str
    building: str
    floor: int
    area: str
    temperature: float

    def at(self, minutes_ago):
        """What its sensor measured some whole minutes before the site began, at most 60, in °C."""
        return self.temperature + WAVE[minutes_ago % len(WAVE)]


PLACES = (
    Place("stamping", "Press", "B1", 1, "Stamping", 24.0),
    Place("welding", "Press", "B1", 2, "Welding", 27.0),
    Place("booth", "도장", "B2", 1, "Booth", 22.0),
    Place("oven", "도장", "B2", -1, "건조로", 28.0),
)


class Site:
    """The running mesh; nothing on it is too hot until a test writes so.

    Attributes:
        rest: calls a service by REST.
        told: the webhook that is told of every alert.
    """

    def __init__(self, up, settings, rest, told):
        self.rest = rest
        self.told = told
        self._up = up
        self._settings = settings

    @property
    def url(self):
        """Where a person opens the dashboard."""
        return f"{self._settings.scheme}://127.0.0.1:{self._settings.gateway_port}"

    def docs(self, name):
        """Where a service's own port has its documentation."""
        return f"{self._address(catalog.service(name))}/docs"

    def _address(self, served):
        return f"{self._settings.scheme}://127.0.0.1:{self._settings.rest_port(served)}"

    async def write(self, loc_id, temperature, humidity=HUMIDITY, moment=None):
        """Writes a reading of a place's sensor, of now or of a moment that is later than those before."""
        answer = await self.rest.write(row(loc_id, moment, temperature=temperature, humidity=humidity))
        assert answer.json().get("accepted") == 1, answer.text

    async def get(self, name, path):
        """Returns the JSON of a service's answer, of a path below /api/v1/."""
        answer = await self.rest("GET", name, f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, name, path, is_so):
        """Asks until an answer is so; returns it."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so(answer := await self.get(name, path)):
                await asyncio.sleep(0.2)
        return answer

    async def kill(self, name):
        """Kills a service's process; it is started again at once."""
        await asyncio.to_thread(self._up.kill, name)

    async def serves(self, name):
        """Tells whether a service answers, and within a second."""
        with contextlib.suppress(httpx.TimeoutException):
            return (await self.rest("GET", name, f"/api/v1/{ASKED[name]}", timeout=1)).status_code == 200
        return False

    async def ready(self, name):
        """Waits until a service serves."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.serves(name):
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def standing_still(self, name):
        """Has a service's process do nothing until the block ends: connections stay, and nothing comes over them."""
        (process,) = self._up.running(name)
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)
        await self.ready(name)

    async def fill(self):
        """Makes the places of the site, and has the webhook be told of everything."""
        await self.add(*PLACES)
        # Many tests raise alerts within a minute, and none of them may be told in a digest.
        subscription = {"channel": "webhook", "recipient": self.told.url, "max_per_minute": 600}
        await self.change("POST", "alert", "subscriptions/", subscription)

    async def add(self, *places):
        """Makes places, their sensors and their last hour."""
        now = datetime.now(UTC)
        for place in places:
            names = ("loc_id", "factory", "building", "floor", "area")
            await self.change("POST", "location", "locations/", {name: getattr(place, name) for name in names})
            sensor = {"sensor_id": place.loc_id, "loc_id": place.loc_id, "interval_s": INTERVAL_S}
            await self.change("POST", "location", "sensors/", sensor)
        rows = [
            row(place.loc_id, now - timedelta(minutes=ago), temperature=place.at(ago), humidity=HUMIDITY)
            for ago in range(60, -1, -1)
            for place in places
        ]
        answer = await self.rest.write(*rows)
        assert answer.json().get("accepted") == len(rows), answer.text

    async def remove(self, place):
        """Removes a place and its sensor: what was measured there stays, and its alerts are over."""
        await self.change("DELETE", "location", f"sensors/{place.loc_id}")
        await self.change("DELETE", "location", f"locations/loc/{place.loc_id}")

    async def change(self, method, name, path, body=None):
        """Makes, changes or removes something at a path below /api/v1/ of a service; returns the JSON of the answer."""
        answer = await self.rest(method, name, f"/api/v1/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def running_site(fill=Site.fill, **variables):
    """Runs a site until the block ends, filled in one way or another; the environment tells its mesh the variables."""
    settings = mesh_on_free_ports(**variables)
    variables |= {"MONTRG_PORT_OFFSET": str(settings.port_offset), "MONTRG_REPLAY": "off"}
    up = running_up(**variables)
    async with AsyncExitStack() as stack:
        told = await stack.enter_async_context(webhook())
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=20))
        running = await asyncio.to_thread(up.__enter__)
        stack.push_async_callback(asyncio.to_thread, up.__exit__, None, None, None)
        rest = Rest(client, {each.name: settings.rest_port(each) for each in catalog.SERVICES})
        site = Site(running, settings, rest, told)
        await fill(site)
        yield site
