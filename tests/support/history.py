"""A receiver of alert events that keeps the contract's rules strictly, and that a test can stop, hurt and set back."""

import asyncio
import uuid
from typing import Any

import grpc
from grpc_status import rpc_status
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2
from montrg.alert_history.v1 import alert_history_service_pb2_grpc

from services.common.errors import FailedPreconditionError, invalid
from services.common.interceptors import to_status


class Receiver(alert_history_service_pb2_grpc.AlertEventServiceServicer):
    """Events by alert; they survive a stop, as a database does.

    Attributes:
        alerts: the events of each alert, in their order.
        calls: how many events each call had.
        refused: alerts whose events it does not take.
        gaps_allowed: the alerts of the calls in which a gap was allowed.
        lose_answers: how many calls are to be answered UNAVAILABLE although their events are stored.
        held: calls wait here, if it is set, before anything of them is stored.
        waiting: is set when one does.
    """

    def __init__(self):
        self.alerts = {}
        self.calls = []
        self.duplicates = 0
        self.gaps = 0
        self.refused = set()
        self.gaps_allowed = set()
        self.lose_answers = 0
        self.held = None
        self.waiting = asyncio.Event()
        self.together = 0
        self._shards = set()
        self._server: Any = None
        self.port = 0

    async def start(self):
        """Serves, on the same port every time."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        alert_history_service_pb2_grpc.add_AlertEventServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self):
        """Cuts every call off."""
        await self._server.stop(0)

    async def AppendAlertEvents(self, request, context):  # noqa: N802  the contract's name
        shards = {event.alert_id % 16 for event in request.events}
        self.together += bool(shards & self._shards)
        self._shards |= shards
        try:
            return await self._append(request, context)
        finally:
            self._shards -= shards

    async def _append(self, request, context):
        if self.held is not None:
            self.waiting.set()
            await self.held.wait()
        await asyncio.sleep(0)  # others may come in between
        try:
            new = self._new(request)
        except (FailedPreconditionError, ValueError) as error:
            await _refuse(context, error)
        for event in new:
            self.alerts.setdefault(event.alert_id, []).append(event)
        self.calls.append(len(request.events))
        duplicates = len(request.events) - len(new)
        self.duplicates += duplicates
        if self.lose_answers:
            self.lose_answers -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the answer was lost")
        return pb2.AppendAlertEventsResponse(appended=len(new), duplicate=duplicates)

    def _new(self, request):
        if not 1 <= len(request.events) <= 1_000:
            raise ValueError(f"{len(request.events)} events")
        last = {alert_id: events[-1].event_seq for alert_id, events in self.alerts.items()}
        if request.allow_gaps:
            self.gaps_allowed |= {event.alert_id for event in request.events}
        new = []
        for event in request.events:
            uuid.UUID(event.event_id)
            if event.alert_id in self.refused:
                raise ValueError(f"alert {event.alert_id} is refused")
            known = last.get(event.alert_id, 0)
            if event.event_seq <= known:
                continue
            if event.event_seq > known + 1 and not request.allow_gaps:
                self.gaps += 1
                names = {"alert_id": str(event.alert_id), "last_event_seq": str(known)}
                raise FailedPreconditionError("a gap", "EVENT_GAP", names)
            last[event.alert_id] = event.event_seq
            new.append(event)
        return new

    def seqs(self, alert_id):
        return [event.event_seq for event in self.alerts.get(alert_id, [])]


async def _refuse(context, error):
    known = error if isinstance(error, FailedPreconditionError) else invalid("events", str(error))
    await context.abort_with_status(rpc_status.to_status(to_status(known)))
