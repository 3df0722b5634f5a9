"""Between protobuf and alerts. Pure.

Serialised messages that are put one after the other are the serialised form of all of them together. So an alert is
made once and put into any number of messages.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from montrg.alert.v1 import alert_service_pb2 as pb2

from services.alert.alerts.domain import AlertFilter, WatchFilter
from services.alert.domain import Alert, Evaluation
from services.common.access.domain import Scope
from services.common.fields import given
from services.common.times import time_or_none

# The fields of a message and of an alert have the same names.
_NAMES = [field.name for field in fields(Alert) if field.name in pb2.Alert.DESCRIPTOR.fields_by_name]


def alert_to_proto(alert: Alert) -> pb2.Alert:
    """Converts an alert."""
    return pb2.Alert(**{name: getattr(alert, name) for name in _NAMES})


def alert_filter(request: pb2.ListAlertsRequest) -> AlertFilter:
    """Returns which alerts a list request wants."""
    names = ("state", "level", "alert_type", "sensor_id", "loc_id", "factory", "acknowledged")
    start_time, end_time = (time_or_none(request, name) for name in ("start_time", "end_time"))
    return AlertFilter(**given(request, names), start_time=start_time, end_time=end_time)


def watch_filter(request: pb2.WatchAlertsRequest, scope: Scope) -> WatchFilter:
    """Returns which alerts are to be watched by a caller with a scope."""
    names = ("factory", "loc_id", "level")
    return WatchFilter(**given(request, names), scope=None if scope.is_everything else scope)


def new_alert(request: pb2.CreateAlertRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return given(request.alert, ("loc_id", "sensor_id", "alert_level", "message"))


def evaluation_to_proto(evaluation: Evaluation) -> pb2.Evaluation:
    """Converts what is known of the judging."""
    return pb2.Evaluation(
        healthy=not evaluation.problems,
        problems=evaluation.problems,
        replicas=evaluation.replicas,
        lag_readings=evaluation.lag_readings,
        lag_s=evaluation.lag_s,
        last_time=evaluation.last_time,
        rule_revision=evaluation.rule_revision,
    )


def render(alert: Alert) -> bytes:
    """Serialises an alert as it stands in a WatchAlertsResponse: a message that holds nothing else."""
    return bytes(pb2.WatchAlertsResponse(alerts=[alert_to_proto(alert)]).SerializeToString())


def watch_message(kind: str, alerts: Sequence[bytes], token: str, degraded: Sequence[str], reason: str) -> bytes:
    """Serialises a WatchAlertsResponse; `kind` is a name of its Kind."""
    around = pb2.WatchAlertsResponse(kind=kind, resume_token=token, degraded=degraded, reason=reason)
    return bytes(around.SerializeToString()) + b"".join(alerts)
