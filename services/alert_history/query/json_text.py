"""From events to JSON, as Envoy would write it: the same names in the same order. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import numpy as np
import orjson
from google.api.httpbody_pb2 import HttpBody

from services.alert_history.domain import Kind
from services.alert_history.query.rows import PLACE, SENSOR, WORDS, Rows
from services.common.protobuf_columns import varint

# An HttpBody up to the length of its text.
_TEXT = HttpBody.DESCRIPTOR.fields_by_name["data"].number << 3 | 2
_HEAD = bytes(HttpBody(content_type="application/json").SerializeToString()) + varint(_TEXT)
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


def events(rows: Rows) -> bytes:
    """Serialises an HttpBody with events as an array; what is None is left out.

    A column at a time is written, and what many events have in common only once.
    """
    parts: list[Iterable[bytes]] = [
        *(chain([b'[{"event_id":'], repeat(b',{"event_id":')), _values(rows.event_id)),
        *(repeat(b',"alert_id":'), _values(rows.alert_id)),
        *(repeat(b',"event_seq":'), _values(rows.event_seq)),
        *(repeat(b',"event_time":'), _moments(rows.event_time)),
        map(_shared, repeat(Kind._fields), rows.kind),
        map(_shared, repeat(SENSOR), rows.together(SENSOR)),
        _measured(rows.measured_value),
        _words(rows.together(WORDS)),
        map(_shared, repeat(PLACE), rows.together(PLACE)),
        *(repeat(b',"append_time":'), _moments(rows.append_time)),
        repeat(b"}"),
    ]
    # Constants have no end.
    texts = [*map(b"".join, zip(*parts, strict=False)), b"]"] if len(rows) else [b"[]"]
    # Joined once: an answer of this size takes as long to copy as to make.
    return b"".join([_HEAD, varint(sum(map(len, texts))), *texts])


def _values(column: Any) -> Sequence[bytes]:  # noqa: ANN401  whatever orjson takes
    """Returns a column's values, none of which has a comma in it."""
    return orjson.dumps(column, option=_OPTIONS)[1:-1].split(b",") if len(column) else []


def _moments(column: Sequence[int]) -> Sequence[bytes]:
    return _values(np.array(column, "datetime64[us]"))


def _measured(column: Sequence[float | None]) -> Iterator[bytes]:
    return (b"" if value == b"null" else b',"measured_value":' + value for value in _values(column))


def _words(column: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    return (b"" if words == (None, None) else _members(WORDS, words) for words in column)


def _members(names: tuple[str, ...], values: tuple[object, ...]) -> bytes:
    """Returns the members of an object that are not None, with a comma before each."""
    known = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return b"," + orjson.dumps(known)[1:-1] if known else b""


_shared = lru_cache(maxsize=8192)(_members)
