"""Columns are serialised to the very bytes that messages of the contract are."""

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.common.protobuf_columns import doubles, messages, moments, numbers, texts, varint

COUNTS = [0, 1, 127, 128, 16383, 16384, 2**31 - 1]
VALUES = [0.0, -0.01, float("nan"), 33.5, 1e300, float("nan"), -40.0]
SECONDS = [0, 1, 946684800, 2**31, 2**32, 4102444800, 5]


def test_rows_of_columns_are_the_bytes_of_their_messages():
    names = np.array([b"20240922", b"20240923"] * 3 + [b"20240924"])
    block = messages(
        7,
        [
            texts(1, names),
            messages(3, [doubles(1, np.array(VALUES)), doubles(9, np.array(VALUES[::-1]))]),
            messages(4, [numbers(1, np.array(SECONDS))], there=np.array(SECONDS) > 1),
            numbers(5, np.array(COUNTS)),
        ],
    )
    expected = [
        pb2.PlaceAggregation(
            date=[
                pb2.Row(
                    ymd=name.decode(),
                    metrics={"pcv_temperature_max": _set(first), "humidity_min": _set(last)},
                    start_time=Timestamp(seconds=seconds) if seconds > 1 else None,
                    readings=count,
                )
            ]
        ).SerializeToString()
        for name, first, last, seconds, count in zip(names, VALUES, VALUES[::-1], SECONDS, COUNTS, strict=True)
    ]
    assert block.joined() == b"".join(expected)
    assert block.sizes.tolist() == [len(part) for part in expected]


def test_moments_are_timestamps_to_the_microsecond():
    microseconds = [0, 1, 999_999, 1_000_000, 1_735_632_204_796_800, 4_102_444_800_000_000]
    field = pb2.Point.DESCRIPTOR.fields_by_name["start_time"].number
    block = moments(field, np.array(microseconds))
    expected = [pb2.Point(start_time=Timestamp(seconds=m // 10**6, nanos=m % 10**6 * 1_000)) for m in microseconds]
    assert block.joined() == b"".join(point.SerializeToString() for point in expected)


def _set(value):
    return None if np.isnan(value) else value


@pytest.mark.parametrize("size", [0, 1, 127, 128, 300, 16384, 1_000_000])
def test_a_length_is_encoded_as_protobuf_does(size):
    text = "x" * size
    assert pb2.TimeSeries(loc_id=text).SerializeToString() == b"\x0a" + varint(size) + text.encode()
