"""Rows of bytes in columns: all are laid out over the same positions, and what a row has not is left out. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class Block(NamedTuple):
    """A part of each row: its bytes, and which of them there are."""

    body: Bytes
    there: Mask

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many bytes each row has."""
        sizes: NDArray[np.int64] = self.there.sum(axis=1, dtype=np.int64)
        return sizes

    def joined(self) -> bytes:
        """Returns the bytes of all rows, one after the other."""
        return self.body[self.there].tobytes()


def beside(parts: Sequence[Block]) -> Block:
    """Puts parts of the same rows beside each other."""
    return Block(np.hstack([part.body for part in parts]), np.hstack([part.there for part in parts]))


def constant(word: bytes, rows: int) -> Block:
    """The same bytes in each row."""
    return Block(np.tile(np.frombuffer(word, np.uint8), (rows, 1)), np.ones((rows, len(word)), bool))


def words(values: NDArray[np.bytes_]) -> Block:
    """A text without zero bytes in each row, of any length."""
    width = values.dtype.itemsize
    body = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8).reshape(len(values), width)
    return Block(body, body != 0)


def where(there: Mask, block: Block) -> Block:
    """Leaves a part out of the rows that do not have it."""
    return Block(block.body, block.there & there[:, np.newaxis])
