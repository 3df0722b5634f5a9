"""Wires the alert history service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.alert_history.v1 import alert_history_json_service_pb2_grpc, alert_history_service_pb2_grpc

from services.alert_history.append.handler import AlertEventHandler
from services.alert_history.append.repository import SqlEvents
from services.alert_history.append.service import AppendUseCases
from services.alert_history.audit.app import audit_trail
from services.alert_history.kinds import Kinds
from services.alert_history.query.handler import AlertHistoryHandler, AlertHistoryJsonHandler
from services.alert_history.query.repository import SqlHistory
from services.alert_history.query.service import QueryUseCases
from services.alert_history.upkeep import Upkeep, retention
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.server import App, Context
from services.common.tasks import background


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers and keeps the months."""
    zone = context.environment.zone("SITE_TZ", "Asia/Seoul")
    months = context.environment.integer("HISTORY_RETENTION_MONTHS", 0, 0, 1_200)
    kinds = Kinds(context.database)
    events = SqlEvents(context.database, kinds)
    appending = AlertEventHandler(AppendUseCases(events, system_clock))
    queries = QueryUseCases(SqlHistory(context.database, kinds), zone, system_clock)
    alert_history_service_pb2_grpc.add_AlertEventServiceServicer_to_server(appending, server)
    alert_history_service_pb2_grpc.add_AlertHistoryServiceServicer_to_server(AlertHistoryHandler(queries), server)
    alert_history_json_service_pb2_grpc.add_AlertHistoryJsonServiceServicer_to_server(
        AlertHistoryJsonHandler(queries), server
    )
    upkeep = Upkeep(events, system_clock, kept_from=retention(months, zone), is_away=database_is_away)
    trail = audit_trail(context, server)
    async with background(upkeep.run(), trail.run()):
        yield


APP = App("alert_history", wire)
