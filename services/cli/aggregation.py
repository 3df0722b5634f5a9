"""What `montrg aggregation` does: has rollups made anew, and verifies them, by calling the service."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from services.cli.calls import CallError, away

if TYPE_CHECKING:
    from montrg.aggregation.v1.backfill_service_pb2 import Backfill
    from montrg.aggregation.v1.backfill_service_pb2_grpc import BackfillServiceStub

LOOK_EVERY_S = 0.5
CALL_S = 10.0
PERCENT = 100

Update = Callable[[int, int], None]
T = TypeVar("T")


def backfill(arguments: argparse.Namespace) -> int:
    """Has rollups made anew, and shows how far that is."""
    if arguments.no_wait:
        created = asyncio.run(_with_stub(lambda stub: _create(stub, arguments)))
        print(f"backfill {created.backfill_id} is asked for")
        return 0
    with _shown("making rollups anew") as update:
        ended = asyncio.run(_with_stub(lambda stub: _backfill(stub, arguments, update)))
    title = f"backfill {ended.backfill_id}"
    if ended.state != ended.DONE:
        why = f": {ended.reason}" if ended.reason else ""
        raise CallError(f"{title} is {ended.State.Name(ended.state)} at {ended.progress:.0%}{why}")
    print(f"{title} is done: {ended.cells:,} hours recomputed, {ended.changed:,} hours, days and months put right")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Prints what differs from the readings; returns 1 if anything does."""
    with _shown("verifying rollups") as update:
        note, verified, differences = asyncio.run(_with_stub(lambda stub: _verify(stub, arguments, update)))
    if note:
        print(f"note: {note}")
    if differences:
        print(
            f"{differences:,} of {verified:,} hours, days and months differ; `montrg aggregation backfill` mends them"
        )
        return 1
    print(f"{verified:,} hours, days and months are right")
    return 0


async def _create(stub: "BackfillServiceStub", arguments: argparse.Namespace) -> "Backfill":
    from montrg.aggregation.v1 import backfill_service_pb2 as pb2

    wanted = pb2.Backfill(start_date=arguments.start, end_date=arguments.end)
    created: Backfill = await stub.CreateBackfill(pb2.CreateBackfillRequest(backfill=wanted), timeout=CALL_S)
    return created


async def _backfill(stub: "BackfillServiceStub", arguments: argparse.Namespace, update: Update) -> "Backfill":
    from montrg.aggregation.v1 import backfill_service_pb2 as pb2

    from services.replay.client import patiently

    seen = await _create(stub, arguments)
    request = pb2.GetBackfillRequest(backfill_id=seen.backfill_id)
    while seen.state in (pb2.Backfill.PENDING, pb2.Backfill.RUNNING):
        await asyncio.sleep(LOOK_EVERY_S)
        seen = await patiently(lambda: stub.GetBackfill(request, timeout=CALL_S))
        update(int(seen.progress * PERCENT), PERCENT)
    return seen


async def _verify(stub: "BackfillServiceStub", arguments: argparse.Namespace, update: Update) -> tuple[str, int, int]:
    from montrg.aggregation.v1 import backfill_service_pb2 as pb2

    request = pb2.VerifyRollupsRequest(start_date=arguments.start, end_date=arguments.end)
    async for message in stub.VerifyRollups(request):
        if message.kind == pb2.VerifyRollupsResponse.DIFFERENCE:
            print(message.difference)
        update(int(message.progress * PERCENT), PERCENT)
        if message.kind == pb2.VerifyRollupsResponse.DONE:
            return message.note, message.verified, message.differences
    raise CallError("aggregation broke the verification off; verify again")


async def _with_stub(call: "Callable[[BackfillServiceStub], Awaitable[T]]") -> T:
    """Makes a call; raises CallError where it is refused."""
    import grpc
    from montrg.aggregation.v1 import backfill_service_pb2_grpc

    from services.common.access.domain import Role
    from services.common.channels import connect
    from services.common.settings import Environment
    from services.issuer.client import signed_in_target
    from services.issuer.domain import Grantee
    from services.local.settings import read_settings

    environment = Environment()
    target = signed_in_target(
        "aggregation", environment, read_settings().data_dir, Grantee("montrg", Role.ADMIN, ("*",))
    )
    try:
        async with connect(target) as channel:
            return await call(backfill_service_pb2_grpc.BackfillServiceStub(channel))
    except grpc.aio.AioRpcError as error:
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            raise away("aggregation", target.address, str(error.details()), environment) from error
        raise CallError(str(error.details())) from error


def _shown(words: str) -> AbstractContextManager[Update]:
    """Shows progress on standard error, so that what is printed can be kept in a file."""
    from rich.console import Console

    from services.replay import progress

    return progress.shown(Console(stderr=True), words)
