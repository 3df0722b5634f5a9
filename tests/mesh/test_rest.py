"""What a REST client sees, through a real Envoy."""

import httpx
import pytest

from tests.mesh.backend import BIG, HOSTILE
from tests.mesh.conftest import Mesh

THRESHOLDS = "/api/v1/thresholds"
LOCATIONS = "/api/v1/locations"


async def test_an_empty_list_is_an_empty_array_without_a_token(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(THRESHOLDS)
    assert (answer.status_code, answer.text) == (200, "[]")
    assert answer.headers["content-type"] == "application/json"
    assert "x-next-page-token" not in answer.headers
    assert "grpc-status" not in answer.headers


async def test_a_list_is_a_bare_array_whatever_its_values_say(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(THRESHOLDS, params={"limit": 2})
    assert [(row["threshold_id"], row["level"], row["min_value"]) for row in answer.json()] == [
        (1, HOSTILE, 33),
        (2, HOSTILE, 33),
    ]
    assert answer.headers["x-next-page-token"] == "Zm9v-_1"


async def test_the_last_page_has_no_token_even_if_a_value_looks_like_one(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(THRESHOLDS, params={"limit": 1, "skip": 1})
    assert answer.json()[0]["level"] == HOSTILE
    assert "x-next-page-token" not in answer.headers


async def test_a_list_without_tokens_is_a_bare_array(locations: httpx.AsyncClient) -> None:
    answer = await locations.get(f"{LOCATIONS}/batch/A")
    assert [row["sensor_id"] for row in answer.json()] == [HOSTILE]
    assert (await locations.get(f"{LOCATIONS}/loc/batch/A")).text == "[]"


async def test_an_answer_of_megabytes_arrives_whole(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.get(THRESHOLDS, params={"page_token": "big"})
    assert len(answer.json()[0]["source"]) == BIG


@pytest.mark.parametrize("path", ["", "/", "/3", "/3/", "/type/pcv_temperature", "/type/pcv_temperature/", ":check"])
async def test_a_slash_at_the_end_is_optional(path: str, thresholds: httpx.AsyncClient) -> None:
    assert (await thresholds.get(THRESHOLDS + path)).status_code == 200


async def test_unset_optional_fields_are_left_out_and_others_are_not(thresholds: httpx.AsyncClient) -> None:
    assert (await thresholds.get(f"{THRESHOLDS}/3")).json() == {"threshold_id": 3, "level": "red", "source": ""}


async def test_a_check_answers_its_message(thresholds: httpx.AsyncClient) -> None:
    assert (await thresholds.get(f"{THRESHOLDS}:check")).json() == {"ok": True, "gaps": [], "overlaps": []}


async def test_a_create_is_201_and_names_its_location(thresholds: httpx.AsyncClient) -> None:
    body = {"threshold_type": "pcv_temperature", "level": "red", "min_value": 35.5}
    answer = await thresholds.post(f"{THRESHOLDS}/", json=body)
    assert answer.status_code == 201
    assert answer.json() == {**body, "threshold_id": 7, "source": ""}
    assert answer.headers["location"] == f"{THRESHOLDS}/7"
    assert (await thresholds.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("loc_id", "location"),
    [
        ("F1-A_1.2", "/api/v1/locations/loc/F1-A_1.2"),
        ("제1", "/api/v1/locations/loc/%EC%A0%9C1"),
        ("a b/c", "/api/v1/locations/loc/a%20b%2Fc"),
    ],
)
async def test_the_location_of_a_place_is_where_it_is_read(
    loc_id: str, location: str, locations: httpx.AsyncClient
) -> None:
    answer = await locations.post("/api/v1/location", json={"loc_id": loc_id, "floor": -1})
    assert (answer.status_code, answer.headers["location"]) == (201, location)
    assert answer.json() == {"loc_id": loc_id, "floor": -1}


async def test_an_id_that_would_need_json_decoding_gives_no_wrong_location(locations: httpx.AsyncClient) -> None:
    answer = await locations.post(LOCATIONS, json={"loc_id": 'a"b'})
    assert answer.status_code == 201
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "query", ["update_mask=min_value,level", "update_mask.paths=min_value&update_mask.paths=level"]
)
async def test_an_update_takes_its_id_from_the_path_and_its_mask_from_the_query(
    query: str, mesh: Mesh, thresholds: httpx.AsyncClient
) -> None:
    answer = await thresholds.put(f"{THRESHOLDS}/3/?{query}", json={"level": "red"})
    assert answer.json() == {"threshold_id": 3, "level": "red", "source": ""}
    _, request = mesh.thresholds_backend.thresholds.calls[-1]
    assert (request.threshold_id, list(request.update_mask.paths)) == (3, ["min_value", "level"])
    assert not request.threshold.HasField("min_value")


async def test_a_delete_says_what_it_deleted(thresholds: httpx.AsyncClient) -> None:
    answer = await thresholds.delete(f"{THRESHOLDS}/3")
    assert (answer.status_code, answer.json()) == (200, {"message": "deleted 3", "deleted": True})


@pytest.mark.parametrize("ids", ["A,B", "A%2CB", "A,B/"])
async def test_a_batch_path_gives_the_service_its_names_with_commas(
    ids: str, mesh: Mesh, locations: httpx.AsyncClient
) -> None:
    assert (await locations.get(f"{LOCATIONS}/batch/{ids}")).status_code == 200
    assert list(mesh.locations_backend.locations.calls[-1][1].sensor_ids) == ["A,B"]


async def test_korean_is_decoded_in_paths_and_queries(locations: httpx.AsyncClient) -> None:
    answer = await locations.get(f"{LOCATIONS}/%EC%84%BC%EC%84%9C")
    assert answer.json()["sensor_id"] == "센서"
    listed = await locations.get(f"{LOCATIONS}/?factory=%EC%A0%9C1%EA%B3%B5%EC%9E%A5+A")
    assert listed.json()[0]["factory"] == "제1공장 A"


async def test_a_read_is_sent_again_when_a_process_says_unavailable(thresholds: httpx.AsyncClient, mesh: Mesh) -> None:
    seen = mesh.thresholds_backend.thresholds.unavailable
    assert (await thresholds.get(f"{THRESHOLDS}/503")).status_code == 200
    assert mesh.thresholds_backend.thresholds.unavailable == seen + 1


async def test_a_write_is_not(thresholds: httpx.AsyncClient, mesh: Mesh) -> None:
    before = len(mesh.thresholds_backend.thresholds.calls)
    answer = await thresholds.put(f"{THRESHOLDS}/503", json={"level": "red"})
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert len(mesh.thresholds_backend.thresholds.calls) == before + 1


@pytest.mark.parametrize(
    ("path", "kept"), [(f"{THRESHOLDS}/1", "no-store"), (f"{THRESHOLDS}/404", "no-store"), ("/docs", "no-cache")]
)
async def test_nobody_on_the_way_keeps_an_answer(path: str, kept: str, thresholds: httpx.AsyncClient) -> None:
    assert (await thresholds.get(path)).headers.get_list("cache-control") == [kept]
