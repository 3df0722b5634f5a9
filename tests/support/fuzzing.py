"""Requests that nobody meant to send: made of the contracts by chance, and broken by chance. A seed repeats them."""

import os
import random
import string
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.mesh.contracts import Method
from services.mesh.options import DESCRIPTOR_SET, ROOT

# Seconds for each port; `make soak` asks for more.
SECONDS = float(os.environ.get("MONTRG_FUZZ_S", "3"))
# How long anything may take to be answered; the slowest route gives up after 30 s.
ANSWER_S = 35.0

_NUMBERS = (0, 1, -1, 100, 2**31 - 1, -(2**31), 1_000_000)
_REALS = (0.0, -0.0, 33.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
_TEXTS = (
    "",
    "A-1",
    "known",
    "..",
    "batch",
    "*",
    "%00",
    "\x00",
    "공장",
    "\u202e",
    "e\u0301",
    "'; DROP TABLE x; --",
    "x" * 5000,
)
_DEEPEST = 4
# What a caller who knows the system would send, so that calls get beyond the checks of their fields.
_PLAUSIBLE = {
    "sensor_id": ("known", "S-1"), "loc_id": ("A-1", "A-2"), "plant": ("", "Ulsan"), "factory": ("Press",),
    "building": ("B1",), "area": ("Line 1",), "name": ("n",), "actor": ("Kim",), "note": ("n",), "reason": ("r",),
    "threshold_type": ("pcv_temperature", "humidity"), "level": ("red", "orange"), "min_level": ("yellow",),
    "alert_type": ("threshold", "manual"), "start_date": ("2026", "202611", "20261126"), "end_date": ("20261127",),
    "limit": (1, 10), "skip": (0, 3), "floor": (1, -1), "interval_s": (60,), "minutes": (5,), "index_kind": ("summer",),
    "temperature": (33.0,), "humidity": (60.0,), "min_value": (33.0,), "max_value": (35.0,), "page_token": ("",),
    "threshold_id": (1, 2, 3), "map_id": (1, 2), "alert_id": (1, 2), "silence_id": (1,),
    "metrics": ("pcv_temperature",), "update_mask": (), "resume_token": ("",), "consumer": ("fuzz",),
}  # fmt: skip

Chance = random.Random


def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(ROOT.joinpath(*DESCRIPTOR_SET).read_bytes()).file:
        pool.Add(file)
    return pool


_POOL = _pool()


def message(chance: Chance, method: Method) -> bytes:
    """Returns a request of a method, with any of its fields set to anything that they can hold."""
    descriptor = _POOL.FindMessageTypeByName(method.request)
    return _filled(chance, descriptor, 0).SerializeToString()


def broken(chance: Chance, payload: bytes) -> bytes:
    """Returns a payload with some of its bytes changed, left out, doubled or added."""
    changed = bytearray(payload or chance.randbytes(chance.randrange(20)))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        kind = chance.randrange(5)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[place : place + chance.randint(1, 8)]
        elif kind == 2:
            changed[place:place] = chance.randbytes(chance.randint(1, 8))
        elif kind == 3:
            changed[place:place] = changed[place : place + chance.randint(1, 64)]
        else:
            del changed[place:]
    return bytes(changed)


def _filled(chance: Chance, descriptor: Descriptor, depth: int) -> Message:
    made: Any = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Timestamp" and chance.random() < 0.7:
        made.FromSeconds(int(time.time()) + chance.choice((0, -60, -86_400, 86_400)))
        return made  # type: ignore[no-any-return]
    for field in descriptor.fields:
        if chance.random() < (0.4 if depth < _DEEPEST else 1.0):
            continue
        if field.is_repeated:
            _fill_list(chance, made, field, depth)
        elif field.message_type is not None:
            getattr(made, field.name).CopyFrom(_filled(chance, field.message_type, depth + 1))
        else:
            setattr(made, field.name, _value(chance, field))
    return made  # type: ignore[no-any-return]


def _fill_list(chance: Chance, made: Any, field: FieldDescriptor, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return
    for _ in range(chance.choice((0, 1, 2, 30))):
        if field.message_type is not None:
            getattr(made, field.name).append(_filled(chance, field.message_type, depth + 1))
        else:
            getattr(made, field.name).append(_value(chance, field))


def _value(chance: Chance, field: FieldDescriptor) -> Any:
    if _PLAUSIBLE.get(field.name) and chance.random() < 0.7:
        return chance.choice(_PLAUSIBLE[field.name])
    return _VALUES[field.cpp_type](chance, field)


def _text(chance: Chance, field: FieldDescriptor) -> str | bytes:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.randbytes(chance.randrange(40))
    own = "".join(chance.choices(string.printable, k=chance.randrange(12)))
    return chance.choice((*_TEXTS, own))


def _signed(chance: Chance, _: FieldDescriptor) -> int:
    return chance.choice(_NUMBERS)


def _unsigned(chance: Chance, _: FieldDescriptor) -> int:
    return abs(chance.choice(_NUMBERS))


_VALUES: dict[int, Callable[[Chance, FieldDescriptor], Any]] = {
    FieldDescriptor.CPPTYPE_STRING: _text,
    FieldDescriptor.CPPTYPE_DOUBLE: lambda chance, _: chance.choice(_REALS),
    FieldDescriptor.CPPTYPE_FLOAT: lambda chance, _: float(chance.choice(_NUMBERS)),
    FieldDescriptor.CPPTYPE_BOOL: lambda chance, _: chance.random() < 0.5,
    FieldDescriptor.CPPTYPE_ENUM: lambda chance, _: chance.choice((0, 1, 2, 99, -1)),
    FieldDescriptor.CPPTYPE_INT32: _signed,
    FieldDescriptor.CPPTYPE_INT64: _signed,
    FieldDescriptor.CPPTYPE_UINT32: _unsigned,
    FieldDescriptor.CPPTYPE_UINT64: _unsigned,
}
