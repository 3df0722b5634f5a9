"""Serialises many protobuf messages of one kind from columns, which is many times quicker than one object a message.

Each row is laid out over the same positions; what a row does not have is left out at the end. Source of the format:
https://protobuf.dev/programming-guides/encoding/. Pure.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_MOST_VARINT = 10


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


def varint(number: int) -> bytes:
    """Encodes a number that is not negative, such as a length."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def texts(field: int, values: NDArray[np.bytes_]) -> Block:
    """A field of texts, all of one length."""
    width = values.dtype.itemsize
    body = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8).reshape(len(values), width)
    return _field(field, _LENGTH, Block(body, np.ones(body.shape, bool)), prefix=varint(width))


def numbers(field: int, values: NDArray[np.int64]) -> Block:
    """A field of numbers, none negative; a zero is left out, as proto3 does where it cannot be unset."""
    return _field(field, _VARINT, _varints(values), there=values != 0)


def doubles(field: int, values: NDArray[np.float64]) -> Block:
    """A field of doubles; a NaN is left out."""
    body = np.frombuffer(values.astype("<f8").tobytes(), np.uint8).reshape(len(values), 8)
    return _field(field, _FIXED64, Block(body, np.ones(body.shape, bool)), there=~np.isnan(values))


def messages(field: int, parts: Sequence[Block], there: Mask | None = None) -> Block:
    """A field of messages that are made of parts."""
    inner = _beside(parts)
    return _field(field, _LENGTH, _beside((_varints(inner.sizes), inner)), there=there)


def _beside(parts: Sequence[Block]) -> Block:
    return Block(np.hstack([part.body for part in parts]), np.hstack([part.there for part in parts]))


def _field(field: int, wire_type: int, value: Block, *, prefix: bytes = b"", there: Mask | None = None) -> Block:
    """Puts the field's tag before each row's value, or leaves both out."""
    head = np.frombuffer(varint(field << 3 | wire_type) + prefix, np.uint8)
    rows = len(value.body)
    whole = _beside((Block(np.tile(head, (rows, 1)), np.ones((rows, len(head)), bool)), value))
    return whole if there is None else Block(whole.body, whole.there & there[:, np.newaxis])


def _varints(values: NDArray[np.int64]) -> Block:
    """Encodes numbers, seven bits a byte; the last byte of each has no mark that more follow."""
    most = int(values.max(initial=0)).bit_length()
    width = min(max(-(-most // 7), 1), _MOST_VARINT)
    shifted = values[:, np.newaxis] >> (7 * np.arange(width))
    more = shifted[:, 1:] > 0
    body = (shifted & 0x7F).astype(np.uint8)
    body[:, :-1] |= more.astype(np.uint8) << 7
    return Block(body, np.hstack([np.ones((len(values), 1), bool), more]))
