"""Factories as a label."""

from services.common.telemetry.factories import MOST_FACTORIES, OTHER, FactoryLabels


def test_a_factory_has_its_name_and_one_that_nobody_knows_is_other():
    labels = FactoryLabels(["F1", "F2", "F1", ""])
    assert labels.all == {"F1", "F2"}
    assert [labels.of(name) for name in ("F1", "F3", "", None)] == ["F1", OTHER, OTHER, OTHER]


def test_of_more_than_a_hundred_the_first_by_name_have_a_label_in_whatever_order_they_come():
    names = [f"F{n:03}" for n in range(MOST_FACTORIES + 20)]
    labels = FactoryLabels(reversed(names))
    assert labels.all == set(names[:MOST_FACTORIES])
    assert labels.all == FactoryLabels(names).all
    assert {labels.of(name) for name in names[MOST_FACTORIES:]} == {OTHER}
