"""Wires the realtime service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
from montrg.realtime.v1 import ingest_service_pb2_grpc, reading_log_service_pb2_grpc, realtime_service_pb2_grpc

from services.common.channels import connect
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.server import App, Context
from services.common.tasks import background
from services.device_keys.client import follow_device_keys
from services.directory.client import follow_directory
from services.limits.client import follow_rules
from services.realtime.clients import SensorRegistrar, UseReporter
from services.realtime.devices import KeyUses, KnownDevices
from services.realtime.ingest.handler import IngestHandler
from services.realtime.ingest.queue import WriteQueue
from services.realtime.ingest.repository import SqlReadings
from services.realtime.ingest.service import IngestUseCases
from services.realtime.ingest.trust import FlatRule
from services.realtime.live.app import live_view
from services.realtime.live.evaluation import EvaluationWatch
from services.realtime.live.handler import RealtimeHandler
from services.realtime.log.feed import LogFeed
from services.realtime.log.figures import LogFigures
from services.realtime.log.handler import ReadingLogHandler
from services.realtime.log.range_repository import SqlRanges
from services.realtime.log.ranges import RangeUseCases
from services.realtime.log.repository import SqlLog
from services.realtime.log.service import LogUseCases
from services.realtime.upkeep import Keeping, Upkeep


def _flat_rule(context: Context) -> FlatRule:
    samples = context.environment.integer("FLAT_SAMPLES", 60, 0, 1_000_000)
    minutes = context.environment.integer("FLAT_MINUTES", 60, 0, 100_000)
    return FlatRule(samples, timedelta(minutes=minutes))


def _keeping(context: Context) -> Keeping:
    environment = context.environment
    return Keeping(
        readings_days=environment.integer("RETENTION_DAYS", 0, 0, 36_500),
        log_days=environment.integer("LOG_DAYS", 7, 1, 365),
        log_bytes=environment.integer("LOG_MB", 4096, 64, 1_000_000) * 1024 * 1024,
    )


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers, follows the neighbours and the log, and keeps the partitions."""
    zone = context.environment.zone("SITE_TZ", "Asia/Seoul")
    register_at = context.environment.text("REGISTER_UNKNOWN_AT", "")
    async with connect(context.target("location")) as location, connect(context.target("thresholds")) as thresholds:
        directory = follow_directory(location, context.database, "realtime")
        rules = follow_rules(thresholds, context.database, "realtime")
        keys = follow_device_keys(location, context.database, "realtime")
        context.gate.accept(KnownDevices(keys, system_clock))
        uses = KeyUses(UseReporter(location), system_clock)
        registrar = SensorRegistrar(location, register_at) if register_at else None
        readings = SqlReadings(context.database, _flat_rule(context))
        ingest = IngestUseCases(readings, directory, system_clock, uses, registrar)
        waiting_rows = context.environment.integer("INGEST_WAITING_ROWS", 100_000, 1, 10_000_000)
        queue = WriteQueue(ingest.write, database_is_away, waiting_rows)
        ingest_service_pb2_grpc.add_IngestServiceServicer_to_server(IngestHandler(ingest, queue), server)
        log_store, feed = SqlLog(context.database), LogFeed(context.settings.database_url)
        evaluation = EvaluationWatch(log_store, system_clock, database_is_away)
        live = live_view(
            context.database,
            feed=feed,
            log=log_store,
            directory=directory,
            rules=rules,
            zone=zone,
            evaluation=evaluation,
            add_sampler=context.add_sampler,
        )
        context.add_sampler(LogFigures(feed, log_store).sample)
        realtime_service_pb2_grpc.add_RealtimeServiceServicer_to_server(RealtimeHandler(live), server)
        log_handler = ReadingLogHandler(LogUseCases(log_store, feed), RangeUseCases(SqlRanges(context.database)))
        reading_log_service_pb2_grpc.add_ReadingLogServiceServicer_to_server(log_handler, server)
        upkeep = Upkeep(readings, log_store, system_clock, _keeping(context), database_is_away)
        followed = (directory.run(), rules.run(), keys.run(), feed.run(context.stopping), live.run(context.stopping))
        async with background(*followed, upkeep.run(), queue.run(), evaluation.run(), uses.run()):
            yield


APP = App("realtime", wire)
