"""Serialises many protobuf messages of one kind from columns, which is many times quicker than one object a message.

Source of the format: https://protobuf.dev/programming-guides/encoding/. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.common.byte_columns import Block, Mask, beside, constant, where, words

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_MOST_VARINT = 10


@lru_cache(maxsize=4096)  # the messages of one answer are of few lengths
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
    return _field(field, _LENGTH, words(values), prefix=varint(values.dtype.itemsize))


def numbers(field: int, values: NDArray[np.int64]) -> Block:
    """A field of numbers, none negative; a zero is left out, as proto3 does where it cannot be unset."""
    return _field(field, _VARINT, _varints(values), there=values != 0)


def doubles(field: int, values: NDArray[np.float64]) -> Block:
    """A field of doubles; a NaN is left out."""
    body = np.frombuffer(values.astype("<f8").tobytes(), np.uint8).reshape(len(values), 8)
    return _field(field, _FIXED64, Block(body, np.ones(body.shape, bool)), there=~np.isnan(values))


def messages(field: int, parts: Sequence[Block], there: Mask | None = None) -> Block:
    """A field of messages that are made of parts."""
    inner = beside(parts)
    return _field(field, _LENGTH, beside((_varints(inner.sizes), inner)), there=there)


def moments(field: int, values: NDArray[np.int64], there: Mask | None = None) -> Block:
    """A field of timestamps, given in microseconds since 1970, none before that."""
    seconds, rest = np.divmod(values, 1_000_000)
    return messages(field, [numbers(1, seconds), numbers(2, rest * 1_000)], there)


def _field(field: int, wire_type: int, value: Block, *, prefix: bytes = b"", there: Mask | None = None) -> Block:
    """Puts the field's tag before each row's value, or leaves both out."""
    head = varint(field << 3 | wire_type) + prefix
    whole = beside((constant(head, len(value.body)), value))
    return whole if there is None else where(there, whole)


def _varints(values: NDArray[np.int64]) -> Block:
    """Encodes numbers, seven bits a byte; the last byte of each has no mark that more follow."""
    most = int(values.max(initial=0)).bit_length()
    width = min(max(-(-most // 7), 1), _MOST_VARINT)
    shifted = values[:, np.newaxis] >> (7 * np.arange(width))
    more = shifted[:, 1:] > 0
    body = (shifted & 0x7F).astype(np.uint8)
    body[:, :-1] |= more.astype(np.uint8) << 7
    return Block(body, np.hstack([np.ones((len(values), 1), bool), more]))
