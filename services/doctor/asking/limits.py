"""Asks with a limit on time, and has what cannot be asked be a value: the rest of the report goes on."""

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import TypeVar

import asyncpg
import grpc
import httpcore

from services.certs.places import CertificatesError
from services.common.errors import DomainError
from services.common.settings import SettingsError
from services.doctor.domain import Unasked
from services.local.children import ChildError

T = TypeVar("T")

# What parts that are down, strange or closed raise. Anything else is a mistake of this program.
_AWAY = (
    OSError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    CertificatesError,
    ChildError,
    DomainError,
    SettingsError,
)


_STORY = re.compile(r"^.*last error: \w+: \S+: (Failed to connect to remote host: )?")


async def ask(who: str, answer: Awaitable[T], seconds: float) -> T | Unasked:
    """Returns the answer, or why there is none.

    Args:
        who: what it is that is asked, in words.
        answer: what gives the facts.
        seconds: how long it may take.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        return _hanging(who, began, seconds)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return _hanging(who, began, seconds)
        return Unasked(f"{who} does not answer: {_of_call(error)}")
    except _AWAY as error:
        return Unasked(f"{who} does not answer: {_first_line(str(error)) or type(error).__name__}")


def _hanging(who: str, began: float, seconds: float) -> Unasked:
    """Returns that nobody answered, and for how long: a part of the answer may have had less time than the whole."""
    waited = min(time.monotonic() - began, seconds)
    return Unasked(f"{who} does not answer within {waited:.2g} s", is_hanging=True)


def _of_call(error: grpc.aio.AioRpcError) -> str:
    """Returns what is wrong; of a connection that fails gRPC tells a long story, whose end counts."""
    words = _first_line(error.details())
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return _STORY.sub("", words)
    return f"{error.code().name}: {words}"


def _first_line(words: str | None) -> str:
    return (words or "").strip().partition("\n")[0]
