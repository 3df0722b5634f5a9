"""Which alerts a subscription or a silence is about."""

from itertools import product
from types import SimpleNamespace

from services.alert.matching import fits, is_inside
from services.common.access.domain import scope_of

SCOPES = ((), ("F1",), ("P > *",), ("P > F1", "F2"), (" > *",), (" > F1", "P > F1"), ("P > *", "Q > *"), ("*",))
NOTHING = dict.fromkeys(("building", "floor", "area", "sensor_id", "alert_type"))


def matching(plant, factory):
    """Matchers of a place, or a place."""
    return SimpleNamespace(plant=plant, factory=factory, **NOTHING)


def test_whoever_may_see_what_has_matchers_may_see_all_that_fits_them():
    places = [matching(plant, factory) for plant in ("P", "Q", None) for factory in ("F1", "F2", "F3")]
    for words, plant, factory in product(SCOPES, ("P", None), ("F1", None)):
        matchers, scope = matching(plant, factory), scope_of(words)
        if is_inside(matchers, scope):
            fitting = [place for place in places if fits(matchers, place)]
            assert fitting, "nothing was tried"
            assert all(scope.covers(place.plant, place.factory) for place in fitting), (words, matchers)


def test_a_grant_of_a_whole_plant_or_factory_has_matchers_of_its_parts():
    inside = [words for words in SCOPES if is_inside(matching("P", "F1"), scope_of(words))]
    assert inside == [words for words in SCOPES if scope_of(words).covers("P", "F1")]
    assert [words for words in SCOPES if is_inside(matching("P", None), scope_of(words))] == [
        ("P > *",), ("P > *", "Q > *"), ("*",),
    ]  # fmt: skip
    assert [words for words in SCOPES if is_inside(matching(None, "F1"), scope_of(words))] == [("F1",), ("*",)]
