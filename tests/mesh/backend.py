"""A small gRPC server behind the tests' Envoy: it answers what a request asks it to."""

# ruff: noqa: N802  the contracts name the methods

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from montrg.location.v1 import location_service_pb2 as location_pb2
from montrg.location.v1 import location_service_pb2_grpc as location_grpc
from montrg.operations.v1 import metrics_service_pb2_grpc as metrics_grpc
from montrg.thresholds.v1 import threshold_service_pb2 as thresholds_pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as thresholds_grpc
from montrg.type.v1 import change_pb2
from prometheus_client import Metric

from services.common.telemetry.exposition import Exposition
from services.common.telemetry.handler import MetricsHandler
from services.common.telemetry.samples import gauge
from services.common.tls import Certificates

THRESHOLDS = "montrg.thresholds.v1.ThresholdService"
LOCATIONS = "montrg.location.v1.LocationService"

# Whose health it tells.
NAMES = ("", THRESHOLDS, LOCATIONS, "ready")

# What a user may well write into a field to confuse whoever looks for the end of the array.
HOSTILE = '"}],"next_page_token":"stolen"} [{]'
BIG = 3 * 1024 * 1024


def missing(what: str) -> Any:
    status = status_pb2.Status(code=5, message=f"no {what}")
    _add(status, error_details_pb2.ErrorInfo(reason="THRESHOLD_NOT_FOUND", domain="montrg", metadata={"id": what}))
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="threshold_id", description="없음")
    _add(status, bad)
    return rpc_status.to_status(status)


def _add(status: status_pb2.Status, detail: Any) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)


class Thresholds(thresholds_grpc.ThresholdServiceServicer):
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.unavailable = 0
        self.rows = 0  # of a list without a limit
        self.stops = False  # reads meet a process that has just begun to stop
        # Calls of that name begin, and go on when the event is set.
        self.gates: dict[str, asyncio.Event] = {}

    async def _begin(self, name: str, request: Any) -> None:
        self.calls.append((name, request))
        if name in self.gates:
            await self.gates[name].wait()

    async def ListThresholds(self, request: Any, context: Any) -> Any:
        await self._begin("list", request)
        answer = thresholds_pb2.ListThresholdsResponse()
        rows = request.limit or self.rows
        for i in range(rows):
            answer.thresholds.add(threshold_id=i + 1, threshold_type="pcv_temperature", level=HOSTILE, min_value=33)
        if rows and not request.skip:
            answer.next_page_token = "Zm9v-_1"
        if request.page_token == "big":
            answer.thresholds.add(threshold_id=1, source="x" * BIG)
        return answer

    async def ListThresholdsByType(self, request: Any, context: Any) -> Any:
        self.calls.append(("type", request))
        return thresholds_pb2.ListThresholdsByTypeResponse()

    async def GetThreshold(self, request: Any, context: Any) -> Any:
        self.calls.append(("get", request))
        if self.stops:
            await context.abort(grpc.StatusCode.CANCELLED, "CANCELLED")
        if request.threshold_id == 404:
            await context.abort_with_status(missing("404"))
        if request.threshold_id == 409:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "twice")
        if request.threshold_id == 503 and self.calls[-2][1] != request:
            self.unavailable += 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "once")
        if request.threshold_id == 500:
            await asyncio.sleep(0.3)
            await context.abort(grpc.StatusCode.UNAVAILABLE, "always, after a moment")
        if request.threshold_id == 504:
            await asyncio.sleep(20)
        return thresholds_pb2.Threshold(threshold_id=request.threshold_id, level="red")

    async def CreateThreshold(self, request: Any, context: Any) -> Any:
        self.calls.append(("create", request))
        answer = thresholds_pb2.Threshold()
        answer.CopyFrom(request.threshold)
        answer.threshold_id = 7
        return answer

    async def UpdateThreshold(self, request: Any, context: Any) -> Any:
        await self._begin("update", request)
        if request.threshold_id == 503:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "always")
        answer = thresholds_pb2.Threshold()
        answer.CopyFrom(request.threshold)
        answer.threshold_id = request.threshold_id
        return answer

    async def DeleteThreshold(self, request: Any, context: Any) -> Any:
        self.calls.append(("delete", request))
        return thresholds_pb2.DeleteThresholdResponse(message=f"deleted {request.threshold_id}", deleted=True)

    async def CheckThresholds(self, request: Any, context: Any) -> Any:
        self.calls.append(("check", request))
        return thresholds_pb2.ThresholdCheck(ok=True)

    async def WatchChanges(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for revision in (1, 2):
            yield thresholds_pb2.WatchChangesResponse(change=change_pb2.Change(revision=revision))


class Locations(location_grpc.LocationServiceServicer):
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.headers: dict[str, str] = {}  # of the last call of GetSensorLocation

    async def ListSensorLocations(self, request: Any, context: Any) -> Any:
        self.calls.append(("list", request))
        return location_pb2.ListSensorLocationsResponse(locations=[{"loc_id": "A", "factory": request.factory}])

    async def GetSensorLocation(self, request: Any, context: Any) -> Any:
        self.calls.append(("get", request))
        self.headers = dict(context.invocation_metadata())
        return location_pb2.SensorLocation(sensor_id=request.sensor_id, loc_id="A", floor=-1)

    async def BatchGetSensorLocations(self, request: Any, context: Any) -> Any:
        self.calls.append(("batch", request))
        return location_pb2.BatchGetSensorLocationsResponse(locations=[{"sensor_id": HOSTILE}])

    async def BatchGetLocations(self, request: Any, context: Any) -> Any:
        self.calls.append(("batch_loc", request))
        return location_pb2.BatchGetLocationsResponse()

    async def CreateLocation(self, request: Any, context: Any) -> Any:
        self.calls.append(("create", request))
        return request.location


class Told(grpc.aio.ServerInterceptor):
    """Notes the headers of each call, but those of health checks."""

    def __init__(self, metadata: list[Any]) -> None:
        self._metadata = metadata

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        if "Health" not in handler_call_details.method:
            self._metadata.append(handler_call_details.invocation_metadata)
        return await continuation(handler_call_details)


class Backend:
    """One process's server, with its health under the test's control; with mutual TLS if it is given certificates."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.thresholds, self.locations = Thresholds(), Locations()
        self.metadata: list[Any] = []

    async def start(self, certs: Path | None = None) -> None:
        self.checks = health.aio.HealthServicer()
        size = 64 * 1024 * 1024
        limits = [("grpc.max_receive_message_length", size), ("grpc.max_send_message_length", size)]
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 0), *limits], interceptors=[Told(self.metadata)])
        thresholds_grpc.add_ThresholdServiceServicer_to_server(self.thresholds, self.server)
        location_grpc.add_LocationServiceServicer_to_server(self.locations, self.server)
        health_pb2_grpc.add_HealthServicer_to_server(self.checks, self.server)
        channelz.add_channelz_servicer(self.server)
        figures = MetricsHandler(Exposition([self._figures], lambda _: False))
        metrics_grpc.add_MetricsServiceServicer_to_server(figures, self.server)
        reflection.enable_server_reflection((THRESHOLDS, LOCATIONS, reflection.SERVICE_NAME), self.server)
        address = f"127.0.0.1:{self.port}"
        if certs is None:
            assert self.server.add_insecure_port(address) == self.port
        else:
            assert self.server.add_secure_port(address, Certificates(certs).server()) == self.port
        await self.server.start()
        for name in NAMES:
            await self.set_serving(name, serving=True)

    async def _figures(self) -> list[Metric]:
        return [gauge("backend_port", "Tells the processes of a test apart", self.port)]

    async def set_serving(self, name: str, *, serving: bool) -> None:
        state = health_pb2.HealthCheckResponse
        await self.checks.set(name, state.SERVING if serving else state.NOT_SERVING)

    async def stop(self, grace: float | None = None) -> None:
        await self.server.stop(grace)
