"""For each method that meets callers by their factories: calls about somebody else's things, and what becomes of them.

In a field `{sensor}` and the like stand for the name of such a thing, or for one that nothing has. For whoever may not
see it, both calls have to come to the same.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

OK, NOT_FOUND = grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND
INVALID, FORBIDDEN = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED

NOW = datetime.now(UTC)
_BEGIN, _LATER = (f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:00:00Z}" for hours in (-6, 24))
_DAYS: dict[str, Any] = {"start_date": f"{NOW:%Y}"}
_SERIES: dict[str, Any] = {
    "start_time": _BEGIN,
    "end_time": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:00:00Z}",
    "step": "1h",
}
_PLACE = {"plant": "{plant}", "factory": "{factory}", "building": "{building}", "floor": 1, "area": "line"}
_READING = {"sensor_id": "{sensor}", "capture_time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "temperature": 20, "humidity": 50}
_FACTORY = {"factory": "{factory}"}
_ABOUT = {"plant": "{plant}", "factory": "{factory}"}
_SUBSCRIPTION = {"channel": "webhook", "recipient": "http://127.0.0.1:1/", **_ABOUT}
_SILENCE = {"author": "ann", "reason": "repair", "end_time": _LATER, **_ABOUT}

_LISTED: list[tuple[grpc.StatusCode, dict[str, Any]]] = [(OK, {})]
_BY_AGGREGATION: dict[str, list[tuple[grpc.StatusCode, dict[str, Any]]]] = {
    "GetAggregation": [(OK, _DAYS)],
    "GetLocationAggregation": [(NOT_FOUND, {"location_id": "{loc}", **_DAYS})],
    "GetFactoryAggregation": [(NOT_FOUND, {"factory": "{factory}", **_DAYS})],
    "GetBuildingAggregation": [(NOT_FOUND, {"factory": "{factory}", "building": "{building}", **_DAYS})],
    "GetFloorAggregation": [(NOT_FOUND, {"factory": "{factory}", "building": "{building}", "floor": 7, **_DAYS})],
}
_SOME_SERIES = [
    (OK, _SERIES),
    *((NOT_FOUND, {**_SERIES, name: value}) for name, value in {
        "sensor_id": "{sensor}", "loc_id": "{loc}", "factory": "{factory}", "building": "{building}",
    }.items()),
]  # fmt: skip
_SOME_EVENTS = [
    (OK, fields) for fields in (
        {}, {"factory": "{factory}"}, {"loc_id": "{loc}"}, {"sensor_id": "{sensor}"}, {"alert_id": "{alert}"},
        {"event_type": "raised"}, {"level": "red", "loc_id": "{loc}"},
    )
]  # fmt: skip
_SOME_RECORDS = [(OK, fields) for fields in ({}, {"factory": "{factory}"}, {"kind": "sensor", "id": "{sensor}"})]

# By the service and method, without their package. What somebody may call who may see the things is tried in this
# order: what deletes comes last.
CASES: dict[str, list[tuple[grpc.StatusCode, dict[str, Any]]]] = {
    "MappingService/ListMappings": _LISTED,
    "MappingService/ListSensorMappings": [(OK, {"sensor_id": "{sensor}"})],
    "MappingService/ListThresholdMappings": [(OK, {"threshold_id": 3})],
    "MappingService/GetMapping": [(NOT_FOUND, {"map_id": "{map}"})],
    "MappingService/CreateMapping": [(FORBIDDEN, {"mapping": {"sensor_id": "{sensor}", "threshold_id": 2}})],
    "MappingService/UpdateMapping": [(NOT_FOUND, {"map_id": "{map}", "mapping": {"duration_seconds": 9}})],
    "MappingService/DisableMapping": [(NOT_FOUND, {"map_id": "{map}"})],
    "MappingService/EnableMapping": [(NOT_FOUND, {"map_id": "{map}"})],
    "LocationService/ListSensorLocations": [(OK, {}), (OK, {"factory": "{factory}"}), (OK, {"building": "{building}"})],
    "LocationService/GetSensorLocation": [(NOT_FOUND, {"sensor_id": "{sensor}"})],
    "LocationService/BatchGetSensorLocations": [(OK, {"sensor_ids": ["{sensor}"]})],
    "LocationService/BatchGetLocations": [(OK, {"loc_ids": ["{loc}"]})],
    "LocationService/GetLocation": [(NOT_FOUND, {"loc_id": "{loc}"})],
    "LocationService/CreateLocation": [(FORBIDDEN, {"location": {"loc_id": "new", **_PLACE}})],
    "LocationService/UpdateLocation": [(NOT_FOUND, {"loc_id": "{loc}", "location": {"area": "other"}})],
    "SensorService/ListSensors": [(OK, {}), (OK, {"loc_id": "{loc}"})],
    "SensorService/GetSensor": [(NOT_FOUND, {"sensor_id": "{sensor}"})],
    "SensorService/CreateSensor": [(INVALID, {"sensor": {"sensor_id": "new", "loc_id": "{loc}"}})],
    "SensorService/UpdateSensor": [(NOT_FOUND, {"sensor_id": "{sensor}", "sensor": {"name": "other"}})],
    "DeviceKeyService/ListDeviceKeys": [(OK, {}), (OK, {"sensor_id": "{sensor}"})],
    "DeviceKeyService/GetDeviceKey": [(NOT_FOUND, {"key_id": "{key}"})],
    "DeviceKeyService/CreateDeviceKey": [(INVALID, {"device_key": {"name": "new", "sensor_ids": ["{sensor}"]}})],
    "DeviceKeyService/RotateDeviceKey": [(NOT_FOUND, {"key_id": "{key}"})],
    "RealtimeService/GetMeasurements": _LISTED,
    "RealtimeService/GetFactoryMeasurements": [(NOT_FOUND, {"factory": "{factory}"})],
    "RealtimeService/GetBuildingMeasurements": [(NOT_FOUND, {"building": "{building}"})],
    "RealtimeService/GetFloorMeasurements": [(NOT_FOUND, {"floor": 7})],
    "RealtimeService/GetPlaceMeasurements": [(NOT_FOUND, {"loc_id": "{loc}"})],
    "RealtimeService/GetLocationMeasurements": [(OK, {}), (NOT_FOUND, _FACTORY)],
    "RealtimeService/WatchMeasurements": [(OK, {}), (NOT_FOUND, {"loc_id": "{loc}"}), (NOT_FOUND, _FACTORY)],
    "IngestService/WriteReadings": [(OK, {"readings": [_READING]})],
    "IngestService/ListReadings": [(NOT_FOUND, {"sensor_id": "{sensor}"})],
    **{f"AggregationService/{name}": cases for name, cases in _BY_AGGREGATION.items()},
    **{f"AggregationJsonService/{name}": cases for name, cases in _BY_AGGREGATION.items()},
    "AggregationService/ExportAggregation": [
        (OK, _DAYS), (NOT_FOUND, {"factory": "{factory}", **_DAYS}), (NOT_FOUND, {"loc_id": "{loc}", **_DAYS}),
    ],
    "AggregationService/QueryTimeSeries": _SOME_SERIES,
    "AggregationService/StreamTimeSeries": [(code, {"query": fields}) for code, fields in _SOME_SERIES],
    "AlertService/ListAlerts": [
        (OK, {}), (OK, {"factory": "{factory}"}), (OK, {"loc_id": "{loc}"}), (OK, {"sensor_id": "{sensor}"}),
    ],
    "AlertService/ListTodayAlerts": _LISTED,
    "AlertService/GetAlert": [(NOT_FOUND, {"alert_id": "{alert}"})],
    "AlertService/CreateAlert": [
        (INVALID, {"alert": {"loc_id": "{loc}", "alert_level": "red", "message": "smoke"}}),
        (INVALID, {"alert": {"loc_id": "{loc}", "sensor_id": "{sensor}", "alert_level": "red", "message": "smoke"}}),
    ],
    "AlertService/AcknowledgeAlert": [(NOT_FOUND, {"alert_id": "{alert}"})],
    "AlertService/ShelveAlert": [
        (NOT_FOUND, {"alert_id": "{alert}", "minutes": minutes, "reason": "repair"}) for minutes in (5, 0)
    ],
    "AlertService/CommentAlert": [(NOT_FOUND, {"alert_id": "{alert}", "note": "hot"})],
    "AlertService/WatchAlerts": [(OK, {}), (NOT_FOUND, {"loc_id": "{loc}"}), (NOT_FOUND, _FACTORY)],
    "SubscriptionService/ListSubscriptions": _LISTED,
    "SubscriptionService/GetSubscription": [(NOT_FOUND, {"subscription_id": "{subscription}"})],
    "SubscriptionService/CreateSubscription": [(FORBIDDEN, {"subscription": _SUBSCRIPTION})],
    "SubscriptionService/UpdateSubscription": [
        (NOT_FOUND, {"subscription_id": "{subscription}", "subscription": {"name": "other"}}),
    ],
    "SubscriptionService/DisableSubscription": [(NOT_FOUND, {"subscription_id": "{subscription}"})],
    "SubscriptionService/EnableSubscription": [(NOT_FOUND, {"subscription_id": "{subscription}"})],
    "SubscriptionService/TestSubscription": [(NOT_FOUND, {"subscription_id": "{subscription}"})],
    "SubscriptionService/MatchSubscriptions": [(NOT_FOUND, {"loc_id": "{loc}"})],
    "SilenceService/ListSilences": [(OK, {}), (OK, {"current": True})],
    "SilenceService/GetSilence": [(NOT_FOUND, {"silence_id": "{silence}"})],
    "SilenceService/CreateSilence": [(FORBIDDEN, {"silence": _SILENCE})],
    "SilenceService/UpdateSilence": [(NOT_FOUND, {"silence_id": "{silence}", "silence": {"reason": "other"}})],
    "NotificationService/ListNotifications": [
        (OK, {}), (OK, {"alert_id": "{alert}"}), (OK, {"subscription_id": "{subscription}"}),
    ],
    "NotificationService/GetNotification": [(NOT_FOUND, {"notification_id": "{notification}"})],
    "NotificationService/RetryNotification": [(NOT_FOUND, {"notification_id": "{notification}"})],
    "AlertHistoryService/ListAlertEvents": _SOME_EVENTS,
    "AlertHistoryJsonService/ListAlertEvents": _SOME_EVENTS,
    "AlertHistoryService/GetAlertStory": [(NOT_FOUND, {"alert_id": "{alert}"})],
    "AlertHistoryService/GetAlertStatistics": [
        (OK, {"group_by": "location"}), (OK, {"factory": "{factory}"}), (OK, {"loc_id": "{loc}"}),
    ],
    "AlertHistoryService/ExportAlertEvents": _SOME_EVENTS,
    "AuditService/ListAuditRecords": _SOME_RECORDS,
    "AuditService/GetAuditRecord": [(NOT_FOUND, {"record_id": "{record}"})],
    "AuditService/ExportAuditRecords": _SOME_RECORDS,
    "AlertService/ResolveAlert": [(NOT_FOUND, {"alert_id": "{alert}"})],
    "SilenceService/DeleteSilence": [(NOT_FOUND, {"silence_id": "{silence}"})],
    "SubscriptionService/DeleteSubscription": [(NOT_FOUND, {"subscription_id": "{subscription}"})],
    "MappingService/DeleteMapping": [(NOT_FOUND, {"map_id": "{map}"})],
    "DeviceKeyService/DeleteDeviceKey": [(NOT_FOUND, {"key_id": "{key}"})],
    "SensorService/DeleteSensor": [(NOT_FOUND, {"sensor_id": "{sensor}"})],
    "LocationService/DeleteLocation": [(NOT_FOUND, {"loc_id": "{spare}"})],
}  # fmt: skip
