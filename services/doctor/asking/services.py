"""Asks the services by their own contracts through Envoy, signed in as `montrg aggregation` is."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import grpc
from montrg.alert.v1 import (
    alert_service_pb2,
    alert_service_pb2_grpc,
    subscription_service_pb2,
    subscription_service_pb2_grpc,
)
from montrg.location.v1 import location_service_pb2, location_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2, realtime_service_pb2_grpc
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from services.alert.matching import MATCHERS
from services.certs.outside import outside_target
from services.common.access.domain import Role
from services.common.channels import Target, connect
from services.common.settings import SettingsError
from services.doctor.facts import Judging, Limits, Silent, Subscriber, Watched
from services.doctor.where import Where

CALL_S = 5.0
PAGE = 1_000


async def ask_limits(where: Where) -> Limits:
    """Returns what the thresholds service says of the limits."""
    async with _channel(where, "thresholds") as channel:
        stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
        rows = await _all(stub.ListThresholds, threshold_service_pb2.ListThresholdsRequest, "thresholds")
        check = await stub.CheckThresholds(threshold_service_pb2.CheckThresholdsRequest(), timeout=CALL_S)
    counts = Counter(row.threshold_type for row in rows)
    return Limits(counts, [each.message for each in check.gaps], [each.message for each in check.overlaps])


async def ask_subscribers(where: Where) -> Sequence[Subscriber]:
    """Returns every subscription."""
    async with _channel(where, "alert") as channel:
        stub = subscription_service_pb2_grpc.SubscriptionServiceStub(channel)
        request = subscription_service_pb2.ListSubscriptionsRequest
        rows = await _all(stub.ListSubscriptions, request, "subscriptions")
    return [
        Subscriber(
            row.subscription_id, row.name, row.min_level, row.enabled, **{name: _given(row, name) for name in MATCHERS}
        )
        for row in rows
    ]


async def ask_watched(where: Where) -> Sequence[Watched]:
    """Returns every place with a sensor, once for each of its sensors."""
    async with _channel(where, "location") as channel:
        stub = location_service_pb2_grpc.LocationServiceStub(channel)
        request = location_service_pb2.ListSensorLocationsRequest
        rows = await _all(stub.ListSensorLocations, request, "locations")
    return [
        Watched(row.loc_id, row.sensor_id, row.plant, row.factory, row.building, row.floor, row.area)
        for row in rows
        if row.sensor_id
    ]


async def ask_judging(where: Where) -> Judging:
    """Returns what the alert service says of the evaluation."""
    async with _channel(where, "alert") as channel:
        stub = alert_service_pb2_grpc.AlertServiceStub(channel)
        found = await stub.GetEvaluation(alert_service_pb2.GetEvaluationRequest(), timeout=CALL_S)
    last = found.last_time.ToDatetime(UTC) if found.HasField("last_time") else None
    return Judging(found.healthy, list(found.problems), found.replicas, last)


async def ask_silent(where: Where) -> Sequence[Silent]:
    """Returns the sensors that are silent, the one that has been so for longest first."""
    async with _channel(where, "realtime") as channel:
        stub = realtime_service_pb2_grpc.RealtimeServiceStub(channel)
        found = await stub.GetMeasurements(realtime_service_pb2.GetMeasurementsRequest(), timeout=CALL_S)
    stale = realtime_service_pb2.Measurement.STALE
    silent = [Silent(m.sensor_id, m.capture_time.ToDatetime(UTC)) for m in found.measurements if m.quality == stale]
    return sorted(silent, key=lambda each: each.since)


@asynccontextmanager
async def _channel(where: Where, name: str) -> AsyncIterator[grpc.aio.Channel]:
    async with connect(_target(where, name)) as channel:
        yield channel


def _target(where: Where, name: str) -> Target:
    data_dir = where.settings.data_dir
    if not where.is_secure:
        return outside_target(name, where.environment, data_dir)
    try:
        from services.issuer.client import signed_in_target
        from services.issuer.domain import Grantee
    except ModuleNotFoundError as error:
        raise SettingsError("the image of a service holds nothing to sign in with; use the image `montrg`") from error
    return signed_in_target(name, where.environment, data_dir, Grantee("montrg", Role.ADMIN, ("*",)))


async def _all(call: Callable[..., Awaitable[Any]], request: Callable[..., Any], field: str) -> list[Any]:
    """Returns the rows of every page of a list."""
    rows: list[Any] = []
    token = ""
    while True:
        page = await call(request(limit=PAGE, page_token=token), timeout=CALL_S)
        rows += getattr(page, field)
        token = page.next_page_token
        if not token:
            return rows


def _given(row: Any, name: str) -> Any:  # noqa: ANN401  the generated class is untyped
    return getattr(row, name) if row.HasField(name) else None
