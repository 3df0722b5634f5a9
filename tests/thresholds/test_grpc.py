"""The thresholds service as a gRPC client sees it, on a real server and a real database."""

import grpc
import pytest
from montrg.thresholds.v1 import mapping_service_pb2 as mapping_pb2
from montrg.thresholds.v1 import mapping_service_pb2_grpc, threshold_service_pb2_grpc
from montrg.thresholds.v1 import threshold_service_pb2 as pb2

from services.common.server import serve
from services.thresholds.app import APP
from tests.conftest import settings_of
from tests.support.refusals import refused


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "thresholds")
    async with serve(APP, settings, environment) as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@pytest.fixture(scope="module")
def thresholds(channel):
    return threshold_service_pb2_grpc.ThresholdServiceStub(channel)


@pytest.fixture(scope="module")
def mappings(channel):
    return mapping_service_pb2_grpc.MappingServiceStub(channel)


def new(**fields):
    return pb2.CreateThresholdRequest(threshold=pb2.Threshold(**fields))


async def test_an_empty_database_has_the_legal_ladder_without_gaps(thresholds):
    answer = await thresholds.ListThresholdsByType(pb2.ListThresholdsByTypeRequest(threshold_type="pcv_temperature"))
    bands = [(t.level, t.HasField("min_value") and t.min_value, t.source) for t in answer.thresholds]
    assert bands == [
        ("green", False, "KR-OSH-2025"),
        ("yellow", 31, "KR-OSH-2025"),
        ("orange", 33, "KR-OSH-2025"),
        ("red", 35, "KR-OSH-2025"),
        ("critical", 38, "KR-OSH-2025"),
    ]
    assert (await thresholds.CheckThresholds(pb2.CheckThresholdsRequest())).ok


async def test_a_threshold_is_created_read_changed_cleared_and_deleted(thresholds):
    created = await thresholds.CreateThreshold(new(threshold_type="humidity", level="high", min_value=80, max_value=90))
    assert (created.level, created.HasField("upd_dt")) == ("orange", True)
    request = pb2.UpdateThresholdRequest(threshold_id=created.threshold_id, threshold=pb2.Threshold(min_value=85))
    assert (await thresholds.UpdateThreshold(request)).max_value == 90
    clear = pb2.UpdateThresholdRequest(threshold_id=created.threshold_id, threshold=pb2.Threshold())
    clear.update_mask.paths.append("max_value")
    await thresholds.UpdateThreshold(clear)
    stored = await thresholds.GetThreshold(pb2.GetThresholdRequest(threshold_id=created.threshold_id))
    assert (stored.min_value, stored.HasField("max_value")) == (85, False)
    delete = pb2.DeleteThresholdRequest(threshold_id=created.threshold_id)
    assert (await thresholds.DeleteThreshold(delete)).deleted
    assert (await refused(thresholds.DeleteThreshold(delete)))[0] == grpc.StatusCode.NOT_FOUND


async def test_pages_hold_every_threshold_once(thresholds):
    seen, token = [], ""
    while True:
        page = await thresholds.ListThresholds(pb2.ListThresholdsRequest(limit=2, page_token=token))
        seen += [t.threshold_id for t in page.thresholds]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted(set(seen))
    assert len(seen) >= 5


async def test_a_gap_and_an_overlap_are_named(thresholds):
    ids = []
    for level, low, high in (("green", 0, 50), ("yellow", 60, 80), ("red", 70, 90)):
        made = await thresholds.CreateThreshold(
            new(threshold_type="temperature", level=level, min_value=low, max_value=high)
        )
        ids.append(made.threshold_id)
    check = await thresholds.CheckThresholds(pb2.CheckThresholdsRequest(threshold_type="temperature"))
    assert [(g.min_value, g.max_value, list(g.threshold_ids)) for g in check.gaps] == [(50, 60, ids[:2])]
    assert [(o.min_value, o.max_value, list(o.threshold_ids)) for o in check.overlaps] == [(70, 80, ids[1:])]
    assert not check.ok


async def test_a_mapped_threshold_cannot_be_deleted_before_its_mapping(thresholds, mappings):
    threshold = await thresholds.CreateThreshold(
        new(threshold_type="humidity", level="red", min_value=95, mapped_only=True)
    )
    request = mapping_pb2.CreateMappingRequest()
    request.mapping.sensor_id, request.mapping.threshold_id = "S-1", threshold.threshold_id
    mapping = await mappings.CreateMapping(request)
    assert (mapping.duration_seconds, mapping.enabled) == (60, True)
    assert (await refused(mappings.CreateMapping(request)))[0] == grpc.StatusCode.ALREADY_EXISTS
    delete = pb2.DeleteThresholdRequest(threshold_id=threshold.threshold_id)
    assert (await refused(thresholds.DeleteThreshold(delete)))[0] == grpc.StatusCode.FAILED_PRECONDITION
    disabled = await mappings.DisableMapping(mapping_pb2.DisableMappingRequest(map_id=mapping.map_id))
    assert not disabled.enabled
    await mappings.DeleteMapping(mapping_pb2.DeleteMappingRequest(map_id=mapping.map_id))
    assert (await thresholds.DeleteThreshold(delete)).deleted


async def test_each_change_raises_the_revision_that_watchers_see(thresholds):
    watch = thresholds.WatchChanges(pb2.WatchChangesRequest())
    first = (await watch.read()).change.revision
    rules = await thresholds.GetRules(pb2.GetRulesRequest())
    assert rules.revision == first
    assert (await thresholds.GetRules(pb2.GetRulesRequest(known_revision=first))).unchanged
    await thresholds.CreateThreshold(new(threshold_type="humidity", level="red", min_value=99))
    assert (await watch.read()).change.revision == first + 1
    watch.cancel()


async def test_a_list_shows_the_callers_own_change_at_once(thresholds):
    for _ in range(20):
        before = {t.threshold_id for t in (await thresholds.ListThresholds(pb2.ListThresholdsRequest())).thresholds}
        created = await thresholds.CreateThreshold(new(threshold_type="humidity", level="red", min_value=98))
        after = {t.threshold_id for t in (await thresholds.ListThresholds(pb2.ListThresholdsRequest())).thresholds}
        assert after == before | {created.threshold_id}
        await thresholds.DeleteThreshold(pb2.DeleteThresholdRequest(threshold_id=created.threshold_id))
