"""Writes many JSON objects of one kind from columns, which is many times quicker than one object a row. Pure."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.common.byte_columns import Block, Mask, beside, constant, where, words

# Hundredths whose texts are kept: of any temperature or humidity that a sensor may send, and more.
_LEAST, _MOST = -10_000, 20_000


def member(name: str, value: Block, there: Mask | None = None) -> Block:
    """A member of an object, a comma before it; `there` tells which rows have it."""
    whole = beside((constant(f',"{name}":'.encode(), len(value.body)), value))
    return whole if there is None else where(there, whole)


def objects(members: Sequence[Block]) -> Block:
    """Objects with these members, in their order."""
    rows = len(members[0].body)
    inner = beside(members)
    # The comma before the first member that a row has goes; a row without any has none.
    there = inner.there.copy()
    there[np.arange(rows), there.argmax(axis=1)] = False
    return beside((constant(b"{", rows), Block(inner.body, there), constant(b"}", rows)))


def strings(values: NDArray[np.bytes_]) -> Block:
    """Strings in which nothing needs to be escaped."""
    quote = constant(b'"', len(values))
    return beside((quote, words(values), quote))


def integers(values: NDArray[np.int64]) -> Block:
    """Whole numbers."""
    return words(values.astype(np.bytes_))


def hundredths(values: NDArray[np.int64]) -> Block:
    """Numbers with up to two decimals, given in hundredths."""
    if len(values) and (values.min() < _LEAST or values.max() > _MOST):
        return words(np.array([_text(value) for value in values.tolist()], np.bytes_))
    return words(_texts()[values - _LEAST])


@lru_cache(maxsize=1)
def _texts() -> NDArray[np.bytes_]:
    return np.array([_text(value) for value in range(_LEAST, _MOST + 1)], np.bytes_)


def _text(value: int) -> bytes:
    sign, (whole, rest) = "-" if value < 0 else "", divmod(abs(value), 100)
    return f"{sign}{whole}.{rest:02}".rstrip("0").rstrip(".").encode()
