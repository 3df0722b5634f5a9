"""Scopes: which factories a caller may see."""

import pytest

from services.common.access.domain import EVERYTHING, NOTHING, scope_of
from services.common.errors import ForbiddenError


@pytest.mark.parametrize(
    ("words", "plant", "factory", "covered"),
    [
        (["*"], "", "Press", True),
        (["*"], None, None, True),
        (["Press"], "", "Press", True),
        (["Press"], "Ulsan", "Press", True),
        (["Press"], "Ulsan", "Paint", False),
        (["Ulsan > Press"], "Ulsan", "Press", True),
        (["Ulsan > Press"], "Busan", "Press", False),
        (["Ulsan > *"], "Ulsan", "Paint", True),
        (["Ulsan > *"], "", "Paint", False),
        (["A > B > C"], "A > B", "C", True),
        (["Press", "Busan > Paint"], "Busan", "Paint", True),
        (["Press"], None, None, False),
        ([], "Ulsan", "Press", False),
        ([""], None, None, False),
    ],
)
def test_a_factory_is_covered_as_the_words_say(
    words: list[str], plant: str | None, factory: str | None, covered: bool
) -> None:
    assert scope_of(words).covers(plant, factory) is covered


def test_what_is_made_elsewhere_is_refused_with_the_field_and_what_may_be_used() -> None:
    with pytest.raises(ForbiddenError, match=r"factory: is 'Paint', and you may work with Newark, Ulsan > Press alone"):
        scope_of(["Ulsan > Press", "Newark"]).require("Ulsan", "Paint")


def test_everything_and_nothing_are_what_they_are_called() -> None:
    assert scope_of(["*"]) == EVERYTHING
    assert scope_of([]) == NOTHING


def test_a_scope_is_written_the_same_whatever_the_order_of_its_factories() -> None:
    written = {repr(scope_of(words)) for words in (["A", "B", "P > C"], ["P > C", "B", "A"], ["B", "A", "P > C"])}
    assert len(written) == 1
    assert repr(scope_of(["A, B"])) != repr(scope_of(["A", "B"]))
