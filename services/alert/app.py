"""Wires the alert service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.alert.v1 import alert_service_pb2_grpc

from services.alert.alerts.app import alerts
from services.alert.alerts.evaluation import StoredEvaluation
from services.alert.history.app import delivery
from services.common.channels import connect
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower, SqlSnapshots
from services.common.server import App, Context
from services.common.tasks import background
from services.directory.client import location_neighbour
from services.directory.convert import directory as parse_directory

SCHEMA = "alert"
ALERT_HISTORY = "127.0.0.1:50056"


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers, follows the neighbours, judges readings and tells whom they concern."""
    history_target = context.environment.target("ALERT_HISTORY_SERVICE_URL", ALERT_HISTORY)
    async with connect(context.target("location")) as location, connect(history_target) as history:
        directory = Follower(
            "location",
            location_neighbour(location),
            parse_directory,
            store=SqlSnapshots(context.database, SCHEMA),
            is_away=database_is_away,
            clock=system_clock,
        )
        evaluation = StoredEvaluation(context.database, system_clock, database_is_away)
        api = alerts(context, directory, evaluation)
        alert_service_pb2_grpc.add_AlertServiceServicer_to_server(api.handler, server)
        outbox = delivery(context, history)
        api.feed.on_look(outbox.sender.wake)
        work = (directory.run(), evaluation.run(), api.watching.run(context.stopping), outbox.run())
        async with background(*work):
            yield


APP = App(SCHEMA, wire)
