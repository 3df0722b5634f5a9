"""Factories as a label of figures: bounded, and the same at every service and replica."""

from collections.abc import Iterable

# Each makes some twenty series.
MOST_FACTORIES = 100
OTHER = "other"


class FactoryLabels:
    """The label of each factory: its name for the first hundred by name, `other` for the rest and for none."""

    def __init__(self, names: Iterable[str]) -> None:
        """Takes the names of all factories; an empty one is none."""
        self._named = frozenset(sorted({*names} - {""})[:MOST_FACTORIES])

    @property
    def all(self) -> frozenset[str]:
        """The labels of the factories that have one of their own."""
        return self._named

    def of(self, name: str | None) -> str:
        """Returns a factory's label."""
        return name if name is not None and name in self._named else OTHER
