"""The limit of `GET realtime/`: one query that joins what three services own, and one orjson.dumps of its rows.

It computes no level, no staleness and no page, so nothing that answers the same shape can be quicker in Python.
"""

import time
from datetime import UTC, datetime

import asyncpg
import grpc
import orjson
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc

_SEED = (
    """INSERT INTO location.location (loc_id, factory, building, floor, area)
       SELECT 'L-' || n, '제' || n % 5 || ' 공장', 'B' || n % 7, n % 4, '도장' FROM generate_series(0, 99) n
       ON CONFLICT DO NOTHING""",
    """INSERT INTO location.sensor (sensor_id, loc_id, interval_s)
       SELECT 'sensor-' || lpad(n::text, 6, '0'), 'L-' || n % 100, 3600 FROM generate_series(1, $1::int) n
       ON CONFLICT DO NOTHING""",
    "UPDATE location.sensor SET is_active = false WHERE sensor_id NOT LIKE 'sensor-%'",
    "UPDATE location.revision SET value = value + 1",
    "SELECT pg_notify('location_revision', '')",
)
_QUERY = """
SELECT l.sensor_id, l.capture_time, l.temperature, l.humidity, l.pcv_temperature,
       p.loc_id, p.factory, p.building, p.floor, p.area
FROM realtime.latest l JOIN location.sensor s USING (sensor_id) JOIN location.location p ON p.loc_id = l.loc_id
WHERE s.is_active ORDER BY l.sensor_id
"""


class Limit:
    """The admin's connection."""

    def __init__(self, connection):
        self._connection = connection

    @classmethod
    async def connect(cls, url):
        """Logs in."""
        return cls(await asyncpg.connect(url))

    async def close(self):
        """Logs out."""
        await self._connection.close()

    async def seed(self, sensors, port):
        """Sees to it that so many sensors are active and have a reading, which is written at realtime's port."""
        async with self._connection.transaction():
            for statement in _SEED:
                await self._connection.execute(statement, *([sensors] if "$1" in statement else []))
        await _write(sensors, port)
        await self._connection.execute("VACUUM ANALYZE realtime.latest, location.sensor, location.location")

    async def answer(self):
        """One answer, as bytes of JSON."""
        rows = await self._connection.fetch(_QUERY)
        measurements = [
            {
                "sensor_id": sensor_id,
                "capture_time": moment,
                "quality": "GOOD",
                "location": {"factory": factory, "building": building, "floor": floor, "loc_id": loc_id, "area": area},
                "metrics": {
                    "temperature": {"value": temperature},
                    "humidity": {"value": humidity},
                    "pcv_temperature": {"value": perceived, "level": "green", "status": "normal"},
                },
            }
            for sensor_id, moment, temperature, humidity, perceived, loc_id, factory, building, floor, area in rows
        ]
        snapshot = {"ymd": "20260101", "hh": "00", "measurements": measurements, "degraded": []}
        return orjson.dumps(snapshot, option=orjson.OPT_UTC_Z)

    async def times(self, count):
        """The milliseconds of so many answers."""
        times = []
        for _ in range(count):
            began = time.perf_counter()
            await self.answer()
            times.append((time.perf_counter() - began) * 1000)
        return times


async def _write(sensors, port):
    """Writes a reading of each sensor."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        request = ingest_service_pb2.WriteReadingsRequest()
        for number in range(1, sensors + 1):
            temperature = 24 + number * 37 % 140 / 10
            reading = request.readings.add(sensor_id=f"sensor-{number:06d}", temperature=temperature, humidity=60)
            reading.capture_time.FromDatetime(datetime.now(UTC))
        answer = await stub.WriteReadings(request)
        assert answer.accepted == sensors, answer
