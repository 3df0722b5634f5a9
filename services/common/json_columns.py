"""Writes many JSON objects of one kind from columns, which is many times quicker than one object a row. Pure.

A value is a list of parts, which are put beside each other only once, at the end.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.common.byte_columns import Block, Mask, constant, where, words

Value = list[Block]

# Hundredths whose texts are kept: of any temperature or humidity that a sensor may send, and more.
_LEAST, _MOST = -10_000, 20_000


class Member(NamedTuple):
    """A member of each row's object; without `there` every row has it."""

    name: str
    value: Value
    there: Mask | None = None


def objects(members: Sequence[Member]) -> Value:
    """Objects with these members, in their order."""
    rows = len(members[0].value[0].body)
    parts = [constant(b"{", rows)]
    begun = np.zeros(rows, bool)
    for name, value, there in members:
        has = np.ones(rows, bool) if there is None else there
        parts.append(where(begun & has, constant(b",", rows)))
        member = [constant(f'"{name}":'.encode(), rows), *value]
        parts += member if there is None else [where(there, part) for part in member]
        begun |= has
    return [*parts, constant(b"}", rows)]


def strings(values: NDArray[np.bytes_]) -> Value:
    """Strings in which nothing needs to be escaped."""
    quote = constant(b'"', len(values))
    return [quote, words(values), quote]


def integers(values: NDArray[np.int64]) -> Value:
    """Whole numbers."""
    return [words(values.astype(np.bytes_))]


def hundredths(values: NDArray[np.int64]) -> Value:
    """Numbers with up to two decimals, given in hundredths."""
    if len(values) and (values.min() < _LEAST or values.max() > _MOST):
        return [words(np.array([_text(value) for value in values.tolist()], np.bytes_))]
    return [words(_texts()[values - _LEAST])]


@lru_cache(maxsize=1)
def _texts() -> NDArray[np.bytes_]:
    return np.array([_text(value) for value in range(_LEAST, _MOST + 1)], np.bytes_)


def _text(value: int) -> bytes:
    sign, (whole, rest) = "-" if value < 0 else "", divmod(abs(value), 100)
    return f"{sign}{whole}.{rest:02}".rstrip("0").rstrip(".").encode()
