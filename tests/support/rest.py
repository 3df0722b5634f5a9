"""An HTTP client of the whole mesh, and what its tests send."""

from datetime import UTC, datetime


class Rest:
    """One HTTP client, and the port at which Envoy serves each service, and the gateway."""

    def __init__(self, client, ports):
        self._client = client
        self.ports = ports

    async def __call__(self, method, service, path, **options):
        url = f"http://127.0.0.1:{self.ports[service]}{path}"
        return await self._client.request(method, url, **options)

    def stream(self, service, path, **options):
        """A GET whose answer is read while it comes."""
        return self._client.stream("GET", f"http://127.0.0.1:{self.ports[service]}{path}", **options)

    async def register(self, sensor_id):
        answer = await self("POST", "location", "/api/v1/sensors/", json={"sensor_id": sensor_id, "loc_id": "A-1"})
        assert answer.status_code == 201, answer.text
        return answer

    async def write(self, *rows):
        return await self("POST", "realtime", "/api/v1/realtime/readings", json={"readings": list(rows)})


def row(sensor_id, moment=None, temperature=33.0, humidity=60.0, **more):
    moment = moment or datetime.now(UTC)
    fields = {"sensor_id": sensor_id, "temperature": temperature, "humidity": humidity}
    return fields | {"capture_time": moment.isoformat()} | more
