"""Requests that a contract can carry and a service must refuse: one table, each case as REST and as gRPC."""

import re

import pytest

from tests.e2e.conftest import all_answer
from tests.support import bad_telling
from tests.support.refusals import PYTHON, short
from tests.support.rest import row
from tests.support.ways import by_grpc, by_rest

pytestmark = pytest.mark.usefixtures("known", "complaints")

INVALID, NOT_FOUND = "INVALID_ARGUMENT", "NOT_FOUND"
BAND = {"threshold_type": "humidity", "level": "red", "min_value": 97}
PLACE = {"loc_id": "L-1", "factory": "F", "building": "B", "floor": 1, "area": "A"}
SENSOR = {"sensor_id": "new", "loc_id": "A-1"}
READING = row("known")
SERIES = {"start_time": "2024-07-15T00:00:00Z", "end_time": "2024-08-15T00:00:00Z"}
REMEDY = re.compile(r"\b(give|leave|set|send|create|update|take|lists|name|move|delete|POST|GET|PUT|check)\b")


def threshold(**change):
    return {"threshold": BAND | change}


def mapping(**change):
    return {"mapping": {"sensor_id": "known", "threshold_id": 1} | change}


def place(**change):
    return {"location": PLACE | change}


def sensor(**change):
    return {"sensor": SENSOR | change}


def device_key(**change):
    return {"device_key": {"sensor_ids": ["known"]} | change}


CASES = [
    ("ThresholdService.CreateThreshold", {}, INVALID, ["threshold_type", "level"]),
    ("ThresholdService.CreateThreshold", threshold(threshold_type="noise", level="x"), INVALID,
     ["threshold_type", "level"]),
    ("ThresholdService.CreateThreshold", threshold(min_value=None), INVALID, ["min_value"]),
    ("ThresholdService.CreateThreshold", threshold(max_value=90), INVALID, ["min_value"]),
    ("ThresholdService.CreateThreshold", threshold(max_value=97), INVALID, ["min_value"]),
    ("ThresholdService.CreateThreshold", threshold(min_value="NaN"), INVALID, ["min_value"]),
    ("ThresholdService.CreateThreshold", threshold(max_value="Infinity"), INVALID, ["max_value"]),
    ("ThresholdService.CreateThreshold", threshold(min_value=130), INVALID, ["min_value"]),
    ("ThresholdService.CreateThreshold", threshold(level="\0"), INVALID, ["level"]),
    ("ThresholdService.CreateThreshold", threshold(level="높" * 90_000), INVALID, ["level"]),
    ("ThresholdService.GetThreshold", {"threshold_id": 0}, NOT_FOUND, []),
    ("ThresholdService.GetThreshold", {"threshold_id": 2**31 - 1}, NOT_FOUND, []),
    ("ThresholdService.ListThresholds", {"limit": -1}, INVALID, ["limit"]),
    ("ThresholdService.ListThresholds", {"skip": -1}, INVALID, ["skip"]),
    ("ThresholdService.ListThresholds", {"page_token": "forged"}, INVALID, ["page_token"]),
    ("ThresholdService.ListThresholds", {"page_token": "e30"}, INVALID, ["page_token"]),
    ("ThresholdService.ListThresholds", {"page_token": "💥\0"}, INVALID, ["page_token"]),
    ("ThresholdService.ListThresholds", {"page_token": "A" * 20_000}, INVALID, ["page_token"]),
    ("ThresholdService.ListThresholdsByType", {"threshold_type": "a/b"}, INVALID, ["threshold_type"]),
    ("ThresholdService.CheckThresholds", {"threshold_type": "noise"}, INVALID, ["threshold_type"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 1}, INVALID, ["body"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 1, "threshold": {"threshold_id": 2}}, INVALID,
     ["threshold_id"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 1, "update_mask": "colour"}, INVALID, ["update_mask"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 1, "update_mask": "level"}, INVALID, ["level"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 2, "threshold": {"min_value": 40}}, INVALID, ["min_value"]),
    ("ThresholdService.UpdateThreshold", {"threshold_id": 999, "threshold": {"min_value": 40}}, NOT_FOUND, []),
    ("ThresholdService.DeleteThreshold", {"threshold_id": 999}, NOT_FOUND, []),
    ("MappingService.CreateMapping", {}, INVALID, ["sensor_id", "threshold_id"]),
    ("MappingService.CreateMapping", mapping(sensor_id="센서"), INVALID, ["sensor_id"]),
    ("MappingService.CreateMapping", mapping(threshold_id=999), INVALID, ["threshold_id"]),
    ("MappingService.CreateMapping", mapping(threshold_id=-1, duration_seconds=-1), INVALID,
     ["threshold_id", "duration_seconds"]),
    ("MappingService.CreateMapping", mapping(valid_from="2026-07-15T12:00:00Z", valid_to="2026-07-15T12:00:00Z"),
     INVALID, ["valid_to"]),
    ("MappingService.ListSensorMappings", {"sensor_id": "a\nb"}, INVALID, ["sensor_id"]),
    ("MappingService.ListThresholdMappings", {"threshold_id": 999}, NOT_FOUND, []),
    ("MappingService.UpdateMapping", {"map_id": 999}, INVALID, ["body"]),
    ("MappingService.EnableMapping", {"map_id": 999}, NOT_FOUND, []),
    ("LocationService.CreateLocation", {}, INVALID, ["loc_id", "factory", "building", "floor", "area"]),
    *(
        ("LocationService.CreateLocation", place(loc_id=name), INVALID, ["loc_id"])
        for name in ("", "x" * 51, "batch", "loc", ".", "..", "a/b", "a:b", "공장", "a\0b")
    ),
    ("LocationService.CreateLocation", place(factory="가" * 101, building=" ", floor=301, area="a\nb"), INVALID,
     ["factory", "building", "floor", "area"]),
    ("LocationService.CreateLocation", place(floor=-(2**31)), INVALID, ["floor"]),
    ("LocationService.CreateLocation", place(loc_id="A-1"), "ALREADY_EXISTS", []),
    ("LocationService.GetLocation", {"loc_id": "a/b"}, NOT_FOUND, []),
    ("LocationService.GetSensorLocation", {"sensor_id": "nobody"}, NOT_FOUND, []),
    ("LocationService.BatchGetSensorLocations", {"sensor_ids": [",,,"]}, INVALID, ["sensor_ids"]),
    ("LocationService.BatchGetLocations", {"loc_ids": ["A-1," * 1001]}, INVALID, ["loc_ids"]),
    ("LocationService.ListSensorLocations", {"factory": "F" * 101}, INVALID, ["factory"]),
    ("LocationService.ListSensorLocations", {"building": "\0"}, INVALID, ["building"]),
    ("LocationService.ListSensorLocations", {"page_token": "forged"}, INVALID, ["page_token"]),
    ("LocationService.UpdateLocation", {"loc_id": "A-1"}, INVALID, ["body"]),
    ("LocationService.UpdateLocation", {"loc_id": "A-1", "location": {"loc_id": "B"}}, INVALID, ["loc_id"]),
    ("LocationService.UpdateLocation", {"loc_id": "A-1", "location": {"factory": ""}}, INVALID, ["factory"]),
    ("LocationService.DeleteLocation", {"loc_id": "A-1"}, "FAILED_PRECONDITION", []),
    ("LocationService.DeleteLocation", {"loc_id": "nowhere"}, NOT_FOUND, []),
    ("SensorService.CreateSensor", sensor(loc_id="nowhere"), INVALID, ["loc_id"]),
    ("SensorService.CreateSensor", sensor(name="\a", interval_s=0, height_m="NaN", index_kind="spring"), INVALID,
     ["name", "interval_s", "height_m", "index_kind"]),
    ("SensorService.CreateSensor", sensor(calibrations=[{"temperature_offset": 99}] * 2), INVALID,
     [f"calibrations[{i}].{field}" for i in (0, 1) for field in ("valid_from", "temperature_offset")]),
    ("SensorService.GetSensor", {"sensor_id": "x" * 51}, NOT_FOUND, []),
    ("SensorService.ListSensors", {"loc_id": "%00"}, INVALID, ["loc_id"]),
    ("SensorService.UpdateSensor", {"sensor_id": "known"}, INVALID, ["body"]),
    ("SensorService.UpdateSensor", {"sensor_id": "known", "update_mask": "colour"}, INVALID, ["update_mask"]),
    ("SensorService.DeleteSensor", {"sensor_id": "nobody"}, NOT_FOUND, []),
    ("DeviceKeyService.CreateDeviceKey", {}, INVALID, ["sensor_ids"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(sensor_ids=["known", "nobody"]), INVALID, ["sensor_ids"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(sensor_ids=["known", "a\0b", "센서"]), INVALID, ["sensor_ids"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(sensor_ids=[f"none-{n:044}" for n in range(1000)]), INVALID,
     ["sensor_ids"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(sensor_ids=[f"none-{n}" for n in range(1001)]), INVALID,
     ["sensor_ids"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(name="\0", expire_time="2026-01-01T00:00:00Z"), INVALID,
     ["name", "expire_time"]),
    ("DeviceKeyService.CreateDeviceKey", device_key(expire_time="0001-01-01T00:00:00Z"), INVALID, ["expire_time"]),
    ("DeviceKeyService.ListDeviceKeys", {"limit": -1}, INVALID, ["limit"]),
    ("DeviceKeyService.ListDeviceKeys", {"page_token": "forged"}, INVALID, ["page_token"]),
    ("DeviceKeyService.ListDeviceKeys", {"sensor_id": "a b"}, INVALID, ["sensor_id"]),
    *(
        (f"DeviceKeyService.{rpc}", {"key_id": key_id}, NOT_FOUND, [])
        for rpc in ("GetDeviceKey", "RotateDeviceKey", "DeleteDeviceKey") for key_id in ("nobody", "x" * 5_000, "키")
    ),
    *(
        ("DeviceKeyService.RotateDeviceKey", {"key_id": "nobody", "overlap_minutes": minutes}, INVALID,
         ["overlap_minutes"])
        for minutes in (-1, 10_081)
    ),
    ("RealtimeService.GetFactoryMeasurements", {"factory": "없는 공장"}, NOT_FOUND, []),
    ("RealtimeService.GetFactoryMeasurements", {"factory": "공" * 5_000}, NOT_FOUND, []),
    ("RealtimeService.GetFloorMeasurements", {"floor": -(2**31)}, NOT_FOUND, []),
    ("RealtimeService.GetLocationMeasurements", {"factory": "제1 공장", "floor": 99}, NOT_FOUND, []),
    ("RealtimeService.WatchMeasurements", {"factory": "없는 공장"}, NOT_FOUND, []),
    ("RealtimeService.WatchMeasurements", {"resume_token": "forged"}, INVALID, ["resume_token"]),
    ("RealtimeService.WatchMeasurements", {"resume_token": "💥\0"}, INVALID, ["resume_token"]),
    ("RealtimeService.WatchMeasurements", {"resume_token": "A" * 20_000}, INVALID, ["resume_token"]),
    ("IngestService.WriteReadings", {}, INVALID, ["readings"]),
    ("IngestService.WriteReadings", {"readings": [READING] * 10_001}, INVALID, ["readings"]),
    ("IngestService.ListReadings", {}, INVALID, ["sensor_id"]),
    ("IngestService.ListReadings", {"sensor_id": "센서"}, INVALID, ["sensor_id"]),
    ("IngestService.ListReadings", {"sensor_id": "known", "page_token": "forged"}, INVALID, ["page_token"]),
    ("IngestService.ListReadings", {"sensor_id": "known", "limit": -1}, INVALID, ["limit"]),
    ("IngestService.ListReadings",
     {"sensor_id": "known", "start_time": "2026-07-15T12:00:00Z", "end_time": "2026-07-15T12:00:00Z"}, INVALID,
     ["end_time"]),
    ("AggregationService.GetAggregation", {}, INVALID, ["start_date"]),
    *(
        ("AggregationService.GetAggregation", {"start_date": text}, INVALID, ["start_date"])
        for text in ("2024-09-22", "20260231", "202613", "1999", "21010101", "２０２４", "2" * 5_000, "\0")
    ),
    ("AggregationService.GetAggregation", {"start_date": "20240922", "end_date": "20240921"}, INVALID, ["end_date"]),
    ("AggregationService.GetAggregation", {"start_date": "20240922", "end_date": "202409"}, INVALID, ["end_date"]),
    ("AggregationService.GetAggregation", {"start_date": "2024", "end_date": ""}, INVALID, ["end_date"]),
    ("AggregationService.GetAggregation", {"start_date": "20240101", "end_date": "20240201"}, INVALID, ["end_date"]),
    ("AggregationService.GetAggregation", {"start_date": "2000", "end_date": "2030"}, INVALID, ["end_date"]),
    ("AggregationService.GetAggregation",
     {"start_date": "x", "end_date": "y", "start_hour": -1, "end_hour": 24, "metrics": ["noise", "높" * 5_000]},
     INVALID, ["start_date", "end_date", "start_hour", "end_hour", "metrics"]),
    ("AggregationService.GetLocationAggregation", {"location_id": "A-1"}, INVALID, ["start_date"]),
    *(
        ("AggregationService.GetLocationAggregation", {"location_id": name, "start_date": "2024"}, NOT_FOUND, [])
        for name in ("nowhere", "a/b", "공장", "x" * 5_000)
    ),
    ("AggregationService.GetFactoryAggregation", {"factory": "없는 공장", "start_date": "2024"}, NOT_FOUND, []),
    ("AggregationService.GetBuildingAggregation", {"factory": "제1 공장", "building": "B9", "start_date": "2024"},
     NOT_FOUND, []),
    ("AggregationService.GetFloorAggregation",
     {"factory": "제1 공장", "building": "B1", "floor": -(2**31), "start_date": "2024"}, NOT_FOUND, []),
    ("AggregationService.QueryTimeSeries", {}, INVALID, ["start_time"]),
    *(
        ("AggregationService.QueryTimeSeries", SERIES | {"step": text}, INVALID, ["step"])
        for text in ("7min", "2h", "0min", "1min", "１min", "m" * 5_000)
    ),
    ("AggregationService.QueryTimeSeries", SERIES | {"end_time": "2024-07-15T00:00:00Z"}, INVALID, ["end_time"]),
    ("AggregationService.QueryTimeSeries", {"start_time": "1999-12-31T00:00:00Z", "end_time": "9999-12-31T00:00:00Z"},
     INVALID, ["start_time", "end_time"]),
    ("AggregationService.QueryTimeSeries", SERIES | {"group_by": "plant", "metrics": ["x"]}, INVALID,
     ["group_by", "metrics"]),
    ("AggregationService.QueryTimeSeries", SERIES | {"sensor_id": "nobody"}, NOT_FOUND, []),
    ("AggregationService.QueryTimeSeries", SERIES | {"sensor_id": "a\0b"}, NOT_FOUND, []),
    ("AggregationService.QueryTimeSeries", SERIES | {"loc_id": "공" * 5_000}, NOT_FOUND, []),
    ("AggregationService.QueryTimeSeries", SERIES | {"factory": "제1 공장", "floor": 9}, NOT_FOUND, []),
    ("AggregationService.ExportAggregation", {"start_date": "2024", "end_date": "x", "metrics": ["x"]}, INVALID,
     ["end_date", "metrics"]),
    ("AggregationService.ExportAggregation", {"start_date": "2024", "loc_id": "a\0b"}, NOT_FOUND, []),
    *(
        (f"AlertHistoryService.{rpc}", fields, INVALID, blamed)
        for rpc in ("ListAlertEvents", "ExportAlertEvents")
        for fields, blamed in (
            ({"level": "보라", "state": "", "event_type": "높" * 5_000, "alert_type": "fire"},
             ["level", "state", "event_type", "alert_type"]),
            ({"sensor_id": "a/b", "loc_id": "..."}, ["sensor_id"]),
            ({"loc_id": "x" * 51}, ["loc_id"]),
            ({"factory": "a\0"}, ["factory"]),
            ({"start_time": "2026-07-15T12:00:00Z", "end_time": "2026-07-15T12:00:00Z"}, ["end_time"]),
        )
    ),
    ("AlertHistoryService.ListAlertEvents", {"limit": -1}, INVALID, ["limit"]),
    ("AlertHistoryService.ListAlertEvents", {"skip": -1}, INVALID, ["skip"]),
    *(
        ("AlertHistoryService.ListAlertEvents", {"page_token": token}, INVALID, ["page_token"])
        for token in ("forged", "💥\0", "A" * 20_000)
    ),
    *(
        ("AlertHistoryService.GetAlertStory", {"alert_id": alert_id}, NOT_FOUND, [])
        for alert_id in (0, -1, 2**31 - 1)
    ),
    *(
        ("AlertHistoryService.GetAlertStatistics", fields, INVALID, [blamed])
        for fields, blamed in (
            ({"start_date": "2026-07-15"}, "start_date"), ({"start_date": "20260231"}, "start_date"),
            ({"end_date": "２０２６０７１５"}, "end_date"), ({"end_date": "\0"}, "end_date"),
            ({"start_date": "20260102", "end_date": "20260101"}, "end_date"),
            ({"start_date": "20000101", "end_date": "20260101"}, "end_date"),
            ({"group_by": "day,colour"}, "group_by"), ({"group_by": "," * 5_000}, "group_by"),
            ({"alert_type": "fire"}, "alert_type"),
        )
    ),
    *(
        ("BackfillService.CreateBackfill", {"backfill": fields}, INVALID, blamed)
        for fields, blamed in (
            ({"start_date": "2026"}, ["start_date"]), ({"end_date": "20260231"}, ["end_date"]),
            ({"start_date": "２０２６０７１５", "end_date": "\0"}, ["start_date", "end_date"]),
            ({"start_date": "20260102", "end_date": "20260101"}, ["end_date"]),
            ({"start_date": "1" * 5_000}, ["start_date"]),
        )
    ),
    *(
        (f"BackfillService.{rpc}", {"backfill_id": backfill_id}, NOT_FOUND, [])
        for rpc in ("GetBackfill", "CancelBackfill") for backfill_id in (0, -1, 2**31 - 1)
    ),
    ("BackfillService.ListBackfills", {"limit": -1}, INVALID, ["limit"]),
    ("BackfillService.ListBackfills", {"page_token": "💥\0"}, INVALID, ["page_token"]),
    *bad_telling.CASES,
]  # fmt: skip

ROWS = [
    *({"temperature": value} for value in ("NaN", "Infinity", 86, -99, -41, None)),
    *({"humidity": value} for value in ("NaN", "-Infinity", 130, -1, 1e300, None)),
    *({"pcv_temperature": value} for value in ("NaN", 101, -999)),
    *({"capture_time": f"{day}-31T23:59:59.999999999Z"} for day in ("1999-12", "2100-01", "0001-01", "9999-12")),
    *({"sensor_id": name} for name in ("", "nobody", "x" * 51, "..", "센서", "a\0b", "a/b")),
    {"capture_time": None}, {"temperature_unit": "kelvin"}, {"source": "a b"},
]  # fmt: skip


@pytest.fixture(params=[by_rest, by_grpc])
def call(rest, request):
    async def call(rpc, fields):
        return await request.param(rest, rpc, fields)

    return call


def check_words(words):
    assert REMEDY.search(words), words
    assert not PYTHON.search(words), words
    assert len(words.encode()) <= 700, words


@pytest.mark.parametrize(("rpc", "fields", "code", "blamed"), CASES, ids=short)
async def test_a_bad_request_is_refused_with_its_fields_and_a_remedy(call, rpc, fields, code, blamed):
    answer = await call(rpc, fields)
    assert (answer.code, list(answer.violations)) == (code, blamed), answer
    check_words(answer.body["message"])
    for description in answer.violations.values():
        check_words(description)


@pytest.mark.parametrize("change", ROWS, ids=short)
async def test_a_bad_value_is_its_rows_outcome_and_the_other_rows_are_stored(call, change):
    answer = await call("IngestService.WriteReadings", {"readings": [READING, READING | change]})
    assert (answer.code, answer.body["rejected"]) == ("OK", 1), answer
    assert answer.body["accepted"] + answer.body["duplicate"] == 1
    outcome = answer.body["outcomes"][-1]
    assert (outcome["index"], outcome["outcome"], outcome["field"]) == (1, "REJECTED", next(iter(change)))
    check_words(outcome["reason"])


async def test_of_a_thousand_mistakes_the_first_ones_are_named(call):
    answer = await call("SensorService.CreateSensor", sensor(calibrations=[{"humidity_offset": 99}] * 1000))
    assert answer.code == INVALID
    assert list(answer.violations)[:3] == [
        "calibrations[0].valid_from", "calibrations[0].humidity_offset", "calibrations[1].valid_from"
    ]  # fmt: skip
    check_words(answer.body["message"])


async def test_a_token_of_another_list_is_refused(call, rest):
    page = await by_grpc(rest, "ThresholdService.ListThresholds", {"limit": 1})
    fields = {"threshold_type": "humidity", "page_token": page.body["next_page_token"]}
    answer = await call("ThresholdService.ListThresholdsByType", fields)
    assert (answer.code, list(answer.violations)) == (INVALID, ["page_token"])


@pytest.mark.parametrize(
    ("rpc", "fields"),
    [
        ("ThresholdService.ListThresholds", {"limit": 5_000}),
        ("ThresholdService.ListThresholds", {"skip": 2**31 - 1}),
        ("MappingService.ListSensorMappings", {"sensor_id": "nobody"}),
        ("LocationService.BatchGetSensorLocations", {"sensor_ids": ["s" * 50] * 1000}),
        ("LocationService.BatchGetSensorLocations", {"sensor_ids": ["a\nb,nobody"]}),
        ("AlertHistoryService.ListAlertEvents", {"limit": 5_000, "skip": 2**31 - 1, "alert_id": -1}),
        ("AlertHistoryService.ListAlertEvents", {"loc_id": "nowhere", "start_time": "0001-01-01T00:00:00Z"}),
        ("AlertHistoryService.ListAlertEvents", {"end_time": "9999-12-31T23:59:59.999999999Z"}),
        ("AlertHistoryService.GetAlertStatistics", {"factory": "없는 공장", "group_by": " day , day"}),
    ],
    ids=short,
)
async def test_what_only_looks_odd_is_answered(call, rpc, fields):
    assert (await call(rpc, fields)).code == "OK"


async def test_after_all_this_the_same_processes_answer_and_nothing_was_unforeseen(rest, complaints):
    assert await all_answer(rest)
    assert not complaints
