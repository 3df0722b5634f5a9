"""Writes the replay through the public contracts: places and sensors once, then readings."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from montrg.location.v1 import location_service_pb2 as location_pb2
from montrg.location.v1 import location_service_pb2_grpc, sensor_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services import catalog
from services.common.channels import DEADLINE_S, connect
from services.common.clock import system_clock
from services.replay import state as states
from services.replay.record import SPEED, Observation, Record, Station

log = logging.getLogger(__name__)

INTERVAL_S = 10
BATCH = 2_000
WRITE_DEADLINE_S = 30.0
RETRY_S, RETRY_MOST_S = 0.5, 10.0
SOURCE = "replay"

PLACES = {
    "EWR": location_pb2.Location(
        loc_id="EWR-ramp", plant="East", factory="Newark", building="Terminal A", floor=1, area="Ramp"
    ),
    "JFK": location_pb2.Location(
        loc_id="JFK-hangar", plant="East", factory="Kennedy", building="Hangar 7", floor=1, area="Paint shop"
    ),
    "LGA": location_pb2.Location(
        loc_id="LGA-sorting", plant="East", factory="LaGuardia", building="Cargo", floor=-1, area="Sorting"
    ),
}

_TRY_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Client:
    """The stubs that the replay needs, over one channel a service."""

    def __init__(self, location: grpc.aio.Channel, realtime: grpc.aio.Channel) -> None:
        self._locations = location_service_pb2_grpc.LocationServiceStub(location)
        self._sensors = sensor_service_pb2_grpc.SensorServiceStub(location)
        self._ingest = ingest_service_pb2_grpc.IngestServiceStub(realtime)

    async def register(self, stations: Iterable[str]) -> None:
        """Creates the stations' places and sensors where they are missing."""
        for station in stations:
            place = PLACES[station]
            sensor = sensor_pb2.Sensor(
                sensor_id=station, loc_id=place.loc_id, name=f"Weather station {station}", interval_s=INTERVAL_S
            )
            await self._create(self._locations.CreateLocation, location_pb2.CreateLocationRequest(location=place))
            await self._create(self._sensors.CreateSensor, sensor_pb2.CreateSensorRequest(sensor=sensor))

    async def _create(self, call: Callable[..., Awaitable[Any]], request: object) -> None:
        try:
            await patiently(call, request, DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise

    async def write(self, observations: Sequence[Observation]) -> None:
        """Writes until every row has a final outcome. Rows that are there already stay as they are."""
        rows = [_reading(o) for o in observations]
        while rows:
            request = ingest_pb2.WriteReadingsRequest(readings=rows)
            answer = await patiently(self._ingest.WriteReadings, request, WRITE_DEADLINE_S)
            again = [o.index for o in answer.outcomes if o.outcome == ingest_pb2.RowOutcome.UNAVAILABLE]
            for outcome in answer.outcomes:
                if outcome.outcome == ingest_pb2.RowOutcome.REJECTED:
                    log.warning("rejected", extra={"row": str(rows[outcome.index]), "reason": outcome.reason})
            rows = [rows[index] for index in again]
            if rows:
                await asyncio.sleep(RETRY_S)


async def patiently(call: Callable[..., Awaitable[Any]], request: object, deadline_s: float) -> Any:  # noqa: ANN401
    """Calls until the service answers; one that is away is waited for, since every write here can be repeated."""
    wait = RETRY_S
    while True:
        try:
            return await call(request, timeout=deadline_s, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _TRY_AGAIN:
                raise
            log.warning("waiting", extra={"code": error.code().name, "details": error.details(), "seconds": wait})
        await asyncio.sleep(wait)
        wait = min(wait * 2, RETRY_MOST_S)


def _reading(observation: Observation) -> ingest_pb2.Reading:
    return ingest_pb2.Reading(
        sensor_id=observation.station,
        capture_time=observation.time,
        temperature=observation.temperature_f,
        humidity=observation.humidity_pct,
        temperature_unit="fahrenheit",
        source=SOURCE,
    )


def open_channels() -> tuple[grpc.aio.Channel, grpc.aio.Channel]:
    """Opens channels to location and realtime through Envoy, as a client outside would."""
    ports = (catalog.service(name).rest_port for name in ("location", "realtime"))
    location, realtime = (connect(f"127.0.0.1:{port}") for port in ports)
    return location, realtime


async def import_history(record: Record, path: Path, progress: Callable[[int, int], None]) -> int:
    """Imports what is missing of the year before the wave; returns how many rows were sent.

    Args:
        record: the recorded year.
        path: the state's file.
        progress: is told how many rows are done, and of how many.
    """
    location, realtime = open_channels()
    async with location, realtime:
        client = Client(location, realtime)
        await client.register(record.stations)
        state = states.load(path, system_clock())
        states.save(path, state)  # the shift must be kept before the first row that depends on it
        rows = list(record.history(state.start))
        first = state.imported
        while state.imported < len(rows):
            progress(state.imported, len(rows))
            batch = rows[state.imported : state.imported + BATCH]
            await client.write(batch)
            state = state.after_import(len(batch))
            states.save(path, state)
        progress(len(rows), len(rows))
        return len(rows) - first


async def live(record: Record, path: Path) -> None:
    """Sends one reading a station every 10 s, from where the last start ended, until it is cancelled."""
    stations = [Station(record, name) for name in record.stations]
    location, realtime = open_channels()
    async with location, realtime:
        client = Client(location, realtime)
        state = states.load(path, system_clock())
        while True:
            now = system_clock()
            await client.write([_now(station, now, state.position) for station in stations])
            state = state.after(timedelta(seconds=INTERVAL_S * SPEED))
            states.save(path, state)
            await asyncio.sleep(INTERVAL_S - (system_clock() - now).total_seconds() % INTERVAL_S)


def _now(station: Station, now: datetime, position: timedelta) -> Observation:
    temperature, humidity = station.at(position)
    return Observation(now, station.name, temperature, humidity)
