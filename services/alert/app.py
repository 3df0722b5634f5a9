"""Wires the alert service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.alert.v1 import alert_service_pb2_grpc

from services.alert.alerts.app import alerts
from services.alert.alerts.evaluation import WatchedEvaluation
from services.alert.evaluate.app import Evaluator
from services.alert.history.app import delivery
from services.alert.notify.app import notifying
from services.common.audit.client import audit_sender
from services.common.channels import connect
from services.common.interceptors import database_is_away
from services.common.server import App, Context
from services.common.tasks import background
from services.directory.client import follow_directory
from services.limits.client import follow_rules

SCHEMA = "alert"


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers, follows the neighbours, judges readings and tells whom they concern."""
    async with (
        connect(context.target("location")) as location,
        connect(context.target("thresholds")) as thresholds,
        connect(context.target("realtime")) as realtime,
        connect(context.target("alert_history")) as history,
    ):
        directory = follow_directory(location, context.database, SCHEMA)
        rules = follow_rules(thresholds, context.database, SCHEMA)
        evaluator = Evaluator(context, realtime, rules, directory)
        evaluation = WatchedEvaluation(evaluator.status.read, database_is_away)
        api = alerts(context, directory, evaluation)
        alert_service_pb2_grpc.add_AlertServiceServicer_to_server(api.handler, server)
        outbox = delivery(context, history)
        audit = audit_sender(context, history)
        for wake in (outbox.sender.wake, audit.wake):
            api.feed.on_look(wake)
        followed = (directory.run(), rules.run(), evaluator.consumer.run(), evaluation.run())
        async with (
            notifying(context, server, directory),
            background(*followed, api.watching.run(context.stopping), outbox.run(), audit.run()),
        ):
            yield


APP = App(SCHEMA, wire)
