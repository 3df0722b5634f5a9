"""Page tokens and the bounds of a page."""

from datetime import UTC, datetime

import pytest

from services.common.errors import InvalidInputError
from services.common.paging import page, page_request


def test_an_unset_limit_is_a_hundred_and_a_large_one_a_thousand():
    assert page_request(0, 0, "", (int,)).limit == 100
    assert page_request(5_000, 0, "", (int,)).limit == 1_000


@pytest.mark.parametrize(("limit", "skip", "field"), [(-1, 0, "limit"), (0, -1, "skip")])
def test_a_negative_bound_is_refused(limit, skip, field):
    with pytest.raises(InvalidInputError) as caught:
        page_request(limit, skip, "", (int,))
    assert [v.field for v in caught.value.violations] == [field]


def test_a_token_continues_its_own_list_alone():
    request = page_request(2, 0, "", (int,), "pcv_temperature")
    token = page([1, 2, 3], request, lambda row: (row,)).next_page_token
    assert page_request(2, 0, token, (int,), "pcv_temperature").after == (2,)
    for types, filters in (((int,), ("humidity",)), ((str,), ("pcv_temperature",)), ((int, int), ("pcv_temperature",))):
        with pytest.raises(InvalidInputError):
            page_request(2, 0, token, types, *filters)


@pytest.mark.parametrize("token", ["x", "====", "WzFd", "bnVsbA", "é", "e30", "A" * 5_000])
def test_a_forged_token_is_refused(token):
    with pytest.raises(InvalidInputError) as caught:
        page_request(2, 0, token, (int,))
    assert caught.value.violations[0].field == "page_token"


def test_the_last_page_has_no_token():
    assert page([1, 2], page_request(2, 0, "", (int,)), lambda row: (row,)).next_page_token == ""


@pytest.mark.parametrize(
    ("wanted", "forged"), [(int, 2**31), (int, True), (str, "a\0"), (datetime, "2026"), (datetime, "x")]
)
def test_a_token_with_a_key_that_the_database_cannot_compare_is_refused(wanted, forged):
    honest = page_request(1, 0, "", (wanted,))
    token = page([1, 2], honest, lambda _: (forged,)).next_page_token
    with pytest.raises(InvalidInputError):
        page_request(1, 0, token, (wanted,))


def test_a_moment_comes_back_from_a_token_as_it_was():
    moment = datetime(2026, 7, 15, 12, 0, 0, 123456, tzinfo=UTC)
    token = page([1, 2], page_request(1, 0, "", (datetime,)), lambda _: (moment,)).next_page_token
    assert page_request(1, 0, token, (datetime,)).after == (moment,)
