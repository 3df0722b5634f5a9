"""Wires the delivery to the history."""

import asyncio
from dataclasses import dataclass

import grpc

from services.alert.history.clients import GrpcHistory
from services.alert.history.figures import HistoryFigures
from services.alert.history.repository import SqlOutbox
from services.alert.history.service import HistorySender
from services.alert.history.upkeep import HistoryUpkeep
from services.common.interceptors import database_is_away
from services.common.server import Context


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivers events: the sender, and what deletes the events that are delivered."""

    sender: HistorySender
    upkeep: HistoryUpkeep

    async def run(self) -> None:
        """Delivers until it is cancelled."""
        await asyncio.gather(self.sender.run(), self.upkeep.run())


def delivery(context: Context, history: grpc.aio.Channel) -> Delivery:
    """Returns what delivers events over a channel; figures tell of those that wait."""
    context.add_sampler(HistoryFigures(context.database).sample)
    outbox = SqlOutbox(context.database)
    sender = HistorySender(outbox, GrpcHistory(history), database_is_away)
    return Delivery(sender, HistoryUpkeep(outbox, database_is_away))
