"""What a refused call tells its caller."""

import re

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

# What no caller may ever read.
PYTHON = re.compile(r"Traceback|\b\w+(Error|Exception)\b|<class|File \"|asyncpg|sqlalchemy")


async def refused(call):
    """The code of a refused call, and the fields that it blames."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    blamed = error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(caught.value).details:
        detail.Unpack(blamed)
    return caught.value.code(), [violation.field for violation in blamed.field_violations]


def short(value):
    """A case's name in pytest's list."""
    return re.sub(r"[^ -~]", "?", str(value))[:60]


async def reason(call):
    """The code of a refused call, and the name that programs know the reason by."""
    return (await why(call))[:2]


async def wording(call, name):
    """The code of a refused call, and its words with `it` for a name: equal for things that must not be told apart."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), (caught.value.details() or "").replace(name, "it")


async def why(call):
    """The code of a refused call, the reason, and what it names for programs."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    info = error_details_pb2.ErrorInfo()
    found = any(detail.Unpack(info) for detail in rpc_status.from_call(caught.value).details)
    return caught.value.code(), info.reason if found else "", dict(info.metadata)
