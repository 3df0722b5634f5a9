"""Serves the figures of a process, beside its own contracts."""

from typing import Any

from google.api import httpbody_pb2
from montrg.operations.v1 import metrics_service_pb2, metrics_service_pb2_grpc

from services.common.access.gate import header
from services.common.telemetry.exposition import Exposition

SERVICE = "montrg.operations.v1.MetricsService"
ACCEPT = "accept"


class MetricsHandler(metrics_service_pb2_grpc.MetricsServiceServicer):
    """Answers whoever watches this process."""

    def __init__(self, exposition: Exposition) -> None:
        self._exposition = exposition

    async def GetMetrics(self, request: metrics_service_pb2.GetMetricsRequest, context: Any) -> httpbody_pb2.HttpBody:
        data, content_type = await self._exposition.text(header(context.invocation_metadata(), ACCEPT))
        return httpbody_pb2.HttpBody(content_type=content_type, data=data)
