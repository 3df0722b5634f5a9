"""The callers of each service, as its people and its neighbours call it: reads, writes, and streams that go on."""

import asyncio
import itertools
import json
from datetime import UTC, datetime
from typing import Any

import grpc
from montrg.aggregation.v1 import backfill_service_pb2, backfill_service_pb2_grpc
from montrg.alert.v1 import alert_service_pb2, alert_service_pb2_grpc
from montrg.alert_history.v1 import alert_history_service_pb2, alert_history_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.realtime.v1 import (
    reading_log_service_pb2,
    reading_log_service_pb2_grpc,
    realtime_service_pb2,
    realtime_service_pb2_grpc,
)
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from tests.support.alert_events import event

SENSOR = "busy"
# Apart from those that the alert service itself tells of.
FIRST_ALERT = 10_000_000


class Callers:
    """The callers of one service, each with connections of its own.

    Attributes:
        acknowledged: how much was written, as the answers say; `stored` counts it.
        resumes: whether it has streams that go on elsewhere where they were.
        resumed: the kinds of the first messages of those that did.
        stored: the query that counts what was written.
    """

    stored = ""
    resumes = False

    def __init__(self, cluster, stack):
        self.acknowledged = 0
        self.resumed = []
        self._stack = stack
        self._cluster = cluster
        self._entry = cluster.entry
        self._metadata = tuple(cluster.entry.headers.items())
        # What the channel tried again would not be seen to fail.
        self._inside = self._kept(
            grpc.aio.insecure_channel(f"127.0.0.1:{cluster.egress}", options=[("grpc.enable_retries", 0)])
        )
        self._outside = self._kept(self._entry.channel(cluster.outside.port))

    def _kept(self, channel):
        self._stack.push_async_callback(channel.close)
        return channel

    def calls(self):
        """Each a kind and a request."""
        raise NotImplementedError

    def watches(self):
        """Each a kind and what follows one stream to its end."""
        return []

    def client(self):
        base = f"{self._entry.scheme}://127.0.0.1:{self._cluster.outside.port}/api/v1"
        client = self._entry.client(base_url=base, timeout=10, headers=self._entry.headers)
        self._stack.push_async_callback(client.aclose)
        return client

    def get(self, path):
        client = self.client()

        async def get():
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text

        return get

    def write(self, method, path, bodies, counted=lambda answer: 1, pause_s=0.0):
        """Sends one of the bodies after the other, each after a pause."""
        client = self.client()

        async def write():
            await asyncio.sleep(pause_s)
            answer = await client.request(method, path, json=next(bodies))
            assert answer.status_code in (200, 201), answer.text
            self.acknowledged += counted(answer.json())

        return write

    def put(self, path, bodies):
        return self.write("PUT", path, itertools.cycle(bodies), lambda answer: 0)

    def asked(self, method, request):
        """A call of a person, from outside."""
        return lambda: method(request, metadata=self._metadata)

    def following(self, method, request):
        """A stream of a neighbour without an end of its own."""

        async def follow():
            async for _ in method(request):
                pass

        return follow

    def resuming(self, method, new_request):
        """A stream whose last message says that it ends, and which goes on elsewhere where it was."""
        message, token = None, ""

        async def follow():
            nonlocal message, token
            first = True
            async for message in method(new_request(resume_token=token), metadata=self._metadata):
                if first and token:
                    self.resumed.append(message.kind)
                first, token = False, message.resume_token
            assert message is not None, "the stream had nothing"
            assert message.kind == message.END, "the stream was cut off"

        return follow

    def events(self, path):
        """The same as server-sent events."""
        client, token = self.client(), ""

        async def follow():
            nonlocal token
            event = {"kind": "nothing"}
            parameters = {"resume_token": token} if token else {}
            async with client.stream("GET", path, params=parameters, timeout=None) as answer:
                assert answer.status_code == 200, await answer.aread()
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        event = json.loads(line.removeprefix("data: "))
                        token = event["resume_token"]
            assert event["kind"] == "END", "the events were cut off"

        return follow


class ThresholdsCallers(Callers):
    stored = "SELECT count(*) FROM thresholds.mapping WHERE sensor_id LIKE 'm-%'"

    def calls(self):
        inside, outside = map(threshold_service_pb2_grpc.ThresholdServiceStub, (self._inside, self._outside))
        mappings = ({"sensor_id": f"m-{n}", "threshold_id": 1} for n in itertools.count())
        return [
            ("gRPC from inside", lambda: inside.GetRules(threshold_service_pb2.GetRulesRequest())),
            ("gRPC", self.asked(outside.ListThresholds, threshold_service_pb2.ListThresholdsRequest())),
            ("GET that is kept", self.get("/thresholds/")),
            ("GET", self.get("/thresholds/?limit=100")),
            ("POST", self.write("POST", "/mappings/", mappings)),
            ("PUT", self.put("/thresholds/5", [{"min_value": 38.0}, {"min_value": 38.5}])),
        ]

    def watches(self):
        stub = threshold_service_pb2_grpc.ThresholdServiceStub(self._inside)
        return [("watch", self.following(stub.WatchChanges, threshold_service_pb2.WatchChangesRequest()))]


class LocationCallers(Callers):
    stored = "SELECT count(*) FROM location.sensor WHERE sensor_id LIKE 'r-%'"

    def calls(self):
        inside, outside = map(sensor_service_pb2_grpc.SensorServiceStub, (self._inside, self._outside))
        sensors = ({"sensor_id": f"r-{n}", "loc_id": "A-1"} for n in itertools.count())
        return [
            ("gRPC from inside", lambda: inside.GetDirectory(sensor_service_pb2.GetDirectoryRequest())),
            ("gRPC", self.asked(outside.ListSensors, sensor_service_pb2.ListSensorsRequest(limit=10))),
            ("GET", self.get("/locations/?limit=10")),
            ("POST", self.write("POST", "/sensors/", sensors)),
            ("PUT", self.put(f"/sensors/{SENSOR}", [{"interval_s": 60}, {"interval_s": 61}])),
        ]

    def watches(self):
        stub = sensor_service_pb2_grpc.SensorServiceStub(self._inside)
        return [("watch", self.following(stub.WatchChanges, sensor_service_pb2.WatchChangesRequest()))]


class RealtimeCallers(Callers):
    resumes = True
    stored = "SELECT count(*) FROM realtime.readings"

    def calls(self):
        inside = reading_log_service_pb2_grpc.ReadingLogServiceStub(self._inside)
        outside = realtime_service_pb2_grpc.RealtimeServiceStub(self._outside)
        consumers = reading_log_service_pb2.ListConsumersRequest()
        readings = self.write("POST", "/realtime/readings", iter(_readings, None), lambda answer: answer["accepted"])
        return [
            ("gRPC from inside", lambda: inside.ListConsumers(consumers)),
            ("gRPC", self.asked(outside.GetMeasurements, realtime_service_pb2.GetMeasurementsRequest())),
            ("GET", self.get("/realtime/")),
            ("POST", readings),
        ]

    def watches(self):
        stub = realtime_service_pb2_grpc.RealtimeServiceStub(self._outside)
        watch = self.resuming(stub.WatchMeasurements, realtime_service_pb2.WatchMeasurementsRequest)
        return [("watch", watch), ("server-sent events", self.events("/realtime/watch"))]


class AggregationCallers(Callers):
    # The others are its own, of all days.
    stored = "SELECT count(*) FROM aggregation.backfill WHERE start_date IS NOT NULL"

    def calls(self):
        backfills = backfill_service_pb2_grpc.BackfillServiceStub(self._outside)
        today = f"{datetime.now(UTC):%Y%m%d}"
        ranges = itertools.repeat({"start_date": today, "end_date": today})
        return [
            ("gRPC", self.asked(backfills.ListBackfills, backfill_service_pb2.ListBackfillsRequest(limit=5))),
            ("GET", self.get(f"/aggregation/pcv_temperature/?start_date={today}&end_date={today}")),
            # Each is work for all of its readings.
            ("POST", self.write("POST", "/aggregation/backfills", ranges, pause_s=1.0)),
        ]


class AlertCallers(Callers):
    resumes = True
    stored = "SELECT count(*) FROM alert.alert WHERE message = 'smoke'"

    def calls(self):
        stub = alert_service_pb2_grpc.AlertServiceStub(self._outside)
        alerts = itertools.repeat({"loc_id": "A-1", "alert_level": "red", "message": "smoke"})
        return [
            ("gRPC", self.asked(stub.ListAlerts, alert_service_pb2.ListAlertsRequest(limit=10))),
            ("GET", self.get("/alerts/?limit=10")),
            ("GET of the evaluation", self.get("/alerts:evaluation")),
            # Each is open, and in every snapshot.
            ("POST", self.write("POST", "/alerts/", alerts, pause_s=0.2)),
            ("PUT", self._silencing()),
        ]

    def _silencing(self):
        client, reasons = self.client(), itertools.count()
        silence: dict[str, Any] = {}

        async def put():
            nonlocal silence
            body = {"reason": f"work {next(reasons)}"}
            if not silence:
                more = {"sensor_id": "s", "end_time": "2099-01-01T00:00:00Z", "author": "kim"}
                answer = await client.post("/silences/", json=body | more)
                assert answer.status_code == 201, answer.text
                silence = answer.json()
            answer = await client.put(f"/silences/{silence['silence_id']}", json=body)
            assert answer.status_code == 200, answer.text

        return put

    def watches(self):
        stub = alert_service_pb2_grpc.AlertServiceStub(self._outside)
        watch = self.resuming(stub.WatchAlerts, alert_service_pb2.WatchAlertsRequest)
        return [("watch", watch), ("server-sent events", self.events("/alerts/watch"))]


class AlertHistoryCallers(Callers):
    stored = f"SELECT count(*) FROM alert_history.event WHERE alert_id >= {FIRST_ALERT}"

    def calls(self):
        outside = alert_history_service_pb2_grpc.AlertHistoryServiceStub(self._outside)
        listed = alert_history_service_pb2.ListAlertEventsRequest(limit=10)
        return [
            ("gRPC", self.asked(outside.ListAlertEvents, listed)),
            ("GET", self.get("/alert-history/?limit=10")),
            ("GET of the audit trail", self.get("/audit/?limit=10")),
            ("gRPC that writes, from inside", self._appending()),
        ]

    def _appending(self):
        stub = alert_history_service_pb2_grpc.AlertEventServiceStub(self._inside)
        numbers = itertools.count(FIRST_ALERT)

        async def append():
            events = [event(next(numbers), 1, moment=datetime.now(UTC))]
            answer = await stub.AppendAlertEvents(alert_history_service_pb2.AppendAlertEventsRequest(events=events))
            assert answer.appended + answer.duplicate == 1
            self.acknowledged += 1

        return append


def _readings():
    moment = datetime.now(UTC).isoformat()
    return {"readings": [{"sensor_id": SENSOR, "capture_time": moment, "temperature": 33.0, "humidity": 60.0}]}


# Whoever is called comes before its callers.
CALLERS = {
    "alert_history": AlertHistoryCallers,
    "location": LocationCallers,
    "thresholds": ThresholdsCallers,
    "realtime": RealtimeCallers,
    "aggregation": AggregationCallers,
    "alert": AlertCallers,
}
