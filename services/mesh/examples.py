"""Example values and formats of the fields by name: a name means the same thing in every contract, almost.

Swagger UI offers the examples of a request to be sent as they stand, so that together they must be true.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_ID = r"^[A-Za-z0-9._-]{1,50}$"
_MANY = MappingProxyType({"minItems": 1, "maxItems": 1000})

# JSON schema keywords that a field of this name has wherever it stands.
LIMITS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "sensor_id": {"pattern": _ID},
        "loc_id": {"pattern": _ID},
        "sensor_ids": _MANY,
        "loc_ids": _MANY,
        "limit": {"minimum": 0, "default": 100},
        "skip": {"minimum": 0, "default": 0},
    }
)

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "accepted": 1,
        "actor": "김안전",
        "alert_id": 1,
        "alert_level": "red",
        "alert_type": "threshold",
        "area": "도장 라인",
        "bom": True,
        "author": "김안전",
        "building": "A동",
        "capture_time": "2026-07-15T14:00:00+09:00",
        "channel": "webhook",
        "DeviceKey.expire_time": "2099-12-31T00:00:00+09:00",
        "DeviceKey.name": "도장 라인 게이트웨이",
        "DeviceKey.secret": "mk_6f1c2b1e8a544c52_k3W0f3m0m9rQJ0oJcVxq0lM1xX2bq6n5v4Z7s8T9uYA",
        "DeviceKey.sensor_ids": ["SENSOR-001"],
        "deleted": True,
        "duration_seconds": 60,
        "enabled": True,
        "end_date": "20260715",
        "end_hour": 17,
        "end_time": "2026-07-16T00:00:00+09:00",
        "end_of_day": "06:00",
        "Silence.end_time": "2026-08-31T00:00:00+09:00",
        "escalation_minutes": 0,
        "factory": "제1공장",
        "first_time": "2026-07-15T05:00:07Z",
        "floor": 1,
        "gap": False,
        "group_by": "location",
        "Subscription.format": "json",
        "height_m": 1.5,
        "hh": "14",
        "hour": "14",
        "humidity": 60.0,
        "humidity_avg": 60.0,
        "humidity_max": 63.5,
        "humidity_min": 58.0,
        "humidity_offset": 0.0,
        "idempotency_key": "6f1c2b1e-8a54-4c52-9d5e-0e6c9f1b7a10",
        "index_kind": "summer",
        "interval_s": 60,
        "is_active": True,
        "last_time": "2026-07-15T05:59:57Z",
        "key_id": "6f1c2b1e8a544c52",
        "language": "ko",
        "last_use_address": "192.0.2.10",
        "level": "orange",
        "ListAlertsRequest.state": "open",
        "limit": 100,
        "loc_id": "F1-A-1F-01",
        "loc_ids": ["F1-A-1F-01", "F1-A-1F-02"],
        "location_id": "F1-A-1F-01",
        "map_id": 1,
        "mapped_only": False,
        "max_level": "yellow",
        "max_per_minute": 10,
        "max_value": 35.0,
        "metrics": ["pcv_temperature_max", "pcv_temperature_avg"],
        "Alert.message": "환기팬이 멈췄습니다",
        "min_level": "orange",
        "min_value": 33.0,
        "minutes": 30,
        "name": "도장 라인 입구",
        "note": "환기팬을 점검하고 있습니다",
        "notify_clear": True,
        "Subscription.name": "도장 반장",
        "overlap_minutes": 1440,
        "pcv_temperature": 33.5,
        "pcv_temperature_avg": 33.12,
        "pcv_temperature_max": 33.5,
        "pcv_temperature_min": 32.8,
        "plant": "울산",
        "Point.readings": 360,
        "Row.readings": 360,
        "ShelveAlertRequest.reason": "환기팬 교체 중",
        "Silence.reason": "야간 정비",
        "Subscription.recipient": "http://127.0.0.1:9000/hook",
        "repeat_minutes": 0,
        "secret": "a-long-random-secret",
        "sensor_id": "SENSOR-001",
        "sensor_ids": ["SENSOR-001", "SENSOR-002"],
        "source": "measured",
        "Threshold.source": "KR-OSH-2025",
        "start_date": "20260715",
        "start_hour": 9,
        "start_time": "2026-07-15T14:00:00+09:00",
        "step": "1h",
        "suspect": 0,
        "start_of_day": "22:00",
        "Silence.start_time": "2026-07-15T00:00:00+09:00",
        "temperature": 33.0,
        "temperature_avg": 32.61,
        "temperature_max": 33.0,
        "temperature_min": 32.3,
        "temperature_offset": 0.0,
        "temperature_unit": "celsius",
        "threshold_id": 1,
        "threshold_type": "pcv_temperature",
        "upd_dt": "2026-07-15T05:00:00Z",
        "update_mask": "min_value,max_value",
        "valid_from": "2026-06-01T00:00:00+09:00",
        "valid_to": "2026-10-01T00:00:00+09:00",
        "weekdays": "sat,sun",
        "ymd": "20260715",
        "zone": "Asia/Seoul",
    }
)


def keywords(owner: str, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what is known of a field of the message `owner` and adds to its schema; a reference gets nothing."""
    if "$ref" in schema:
        return {}
    extra = dict(LIMITS.get(name, {}))
    for key in (f"{owner.rpartition('.')[2]}.{name}", name):
        if key in EXAMPLES:
            return {**extra, "examples": [EXAMPLES[key]]}
    return extra
