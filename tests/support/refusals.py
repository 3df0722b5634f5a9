"""What a refused gRPC call tells its caller."""

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


async def refused(call):
    """The code of a refused call, and the fields that it blames."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    blamed = error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(caught.value).details:
        detail.Unpack(blamed)
    return caught.value.code(), [violation.field for violation in blamed.field_violations]
