"""Columns are written as the very JSON that each row's object is."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.common.byte_columns import beside
from services.common.json_columns import Member, hundredths, integers, objects, strings

number = st.integers(-15_000, 30_000)
row = st.tuples(number, st.booleans(), st.integers(0, 2**31 - 1), st.booleans())


@given(st.lists(row, min_size=1, max_size=30))
def test_each_row_is_the_json_of_its_object(rows):
    values, has_value, counts, has_count = (np.array(column) for column in zip(*rows, strict=True))
    names = np.array([b"20240922", b"20240923"] * len(rows))[: len(rows)]
    inner = [Member("value", hundredths(values), has_value), Member("count", integers(counts), has_count)]
    block = beside(objects([Member("name", strings(names)), Member("inner", objects(inner))]))
    expected = [
        {
            "name": name.decode(),
            "inner": ({"value": value / 100} if value_is_there else {}) | ({"count": count} if count_is_there else {}),
        }
        for name, (value, value_is_there, count, count_is_there) in zip(names.tolist(), rows, strict=True)
    ]
    texts = np.split(np.frombuffer(block.joined(), np.uint8), np.cumsum(block.sizes)[:-1])
    assert [json.loads(text.tobytes()) for text in texts] == expected


def test_numbers_are_as_short_as_they_can_be():
    texts = hundredths(np.array([0, -1, 10, 100, -4000, 3371, 123_456_789]))[0].body
    assert [bytes(text).rstrip(b"\0") for text in texts] == [
        b"0", b"-0.01", b"0.1", b"1", b"-40", b"33.71", b"1234567.89"
    ]  # fmt: skip
