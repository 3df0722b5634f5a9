"""What realtime needs of the neighbours' data."""

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Followed(Protocol[T_co]):
    """A neighbour's data, followed by revision."""

    @property
    def value(self) -> T_co | None: ...  # noqa: D102
    @property
    def degraded(self) -> str | None: ...  # noqa: D102
    async def refresh(self) -> bool: ...  # noqa: D102
