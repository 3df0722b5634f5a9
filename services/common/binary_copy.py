"""PostgreSQL's binary COPY format from columns, which is several times quicker than a tuple for each row.

Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_POSTGRES_EPOCH_US = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def timestamps(microseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns microseconds since 1970 as a timestamptz column holds them."""
    return microseconds - _POSTGRES_EPOCH_US


def microseconds_of(timestamps: NDArray[np.signedinteger]) -> NDArray[np.int64]:
    """Returns the microseconds since 1970 of a timestamptz column."""
    return timestamps + _POSTGRES_EPOCH_US


def binary_rows(
    texts: Sequence[tuple[str, ...]], text_of_row: NDArray[np.intp], numbers: Sequence[NDArray[np.generic]]
) -> bytes:
    """Returns rows whose first columns are texts and whose others are numbers.

    Args:
        texts: the combinations of text values that occur; few of them serve many rows.
        text_of_row: which of them each row has.
        numbers: the other columns: int16, int64 or float64 as smallint, bigint or timestamptz, and double precision.
            A NaN becomes NULL.
    """
    count = struct.pack(">h", len(texts[0]) + len(numbers))
    heads = [count + b"".join(map(_text, words)) for words in texts]
    pieces = [_HEADER]
    for text, block in zip(text_of_row.tolist(), _blocks(numbers), strict=True):
        pieces += (heads[text], block)
    pieces.append(_TRAILER)
    return b"".join(pieces)


def _text(word: str) -> bytes:
    encoded = word.encode()
    return struct.pack(">i", len(encoded)) + encoded


def _blocks(numbers: Sequence[NDArray[np.generic]]) -> list[bytes]:
    """Returns the number columns of each row: a length before each value."""
    fields = [(f"{kind}{i}", form) for i, c in enumerate(numbers) for kind, form in _forms(c)]
    table = np.empty(len(numbers[0]), dtype=fields)
    has_null = np.zeros(len(table), dtype=bool)
    for i, column in enumerate(numbers):
        table[f"length{i}"] = column.dtype.itemsize
        table[f"value{i}"] = column
        if column.dtype.kind == "f":
            has_null |= np.isnan(column)
    data, width = table.tobytes(), table.dtype.itemsize
    blocks = [data[at : at + width] for at in range(0, len(data), width)]
    for row in np.flatnonzero(has_null):
        blocks[row] = b"".join(_value(column[row : row + 1]) for column in numbers)
    return blocks


def _forms(column: NDArray[np.generic]) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("length", ">i4"), ("value", f">{column.dtype.kind}{column.dtype.itemsize}")


def _value(one: NDArray[np.generic]) -> bytes:
    if one.dtype.kind == "f" and np.isnan(one[0]):
        return _NULL
    return struct.pack(">i", one.dtype.itemsize) + one.astype(one.dtype.newbyteorder(">")).tobytes()
