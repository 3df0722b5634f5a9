"""Wires the audit trail."""

from datetime import datetime, timedelta

import grpc
from montrg.alert_history.v1 import audit_service_pb2_grpc

from services.alert_history.audit.handler import AuditHandler, AuditRecordHandler
from services.alert_history.audit.repository import SqlAudit
from services.alert_history.audit.service import AuditUseCases
from services.alert_history.upkeep import Upkeep
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.server import Context

DAYS = 3_650
LEAST_DAYS, MOST_DAYS = 366, 36_500


def audit_trail(context: Context, server: grpc.aio.Server) -> Upkeep:
    """Adds both servicers; returns what keeps the months."""
    days = context.environment.integer("AUDIT_DAYS", DAYS, LEAST_DAYS, MOST_DAYS)
    store = SqlAudit(context.database)
    use_cases = AuditUseCases(store, system_clock)
    audit_service_pb2_grpc.add_AuditServiceServicer_to_server(AuditHandler(use_cases), server)
    audit_service_pb2_grpc.add_AuditRecordServiceServicer_to_server(AuditRecordHandler(use_cases), server)

    def kept_from(now: datetime) -> datetime:
        return now - timedelta(days=days)

    return Upkeep(store, system_clock, kept_from=kept_from, is_away=database_is_away)
