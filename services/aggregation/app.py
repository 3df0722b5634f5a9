"""Wires the aggregation service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.aggregation.v1 import (
    aggregation_json_service_pb2_grpc,
    aggregation_service_pb2_grpc,
    backfill_service_pb2_grpc,
)

from services.aggregation.backfill.app import Backfills
from services.aggregation.backfill.figures import BackfillFigures
from services.aggregation.backfill.repository import SqlBackfills
from services.aggregation.query.app import Query
from services.aggregation.rollup.figures import READINGS
from services.aggregation.rollup.store import RollupWriter
from services.aggregation.rollup.work import RollupWork
from services.common.channels import connect
from services.common.reading_log import LogConsumer, RangeClient
from services.common.server import App, Context
from services.common.tasks import background
from services.directory.client import follow_directory

SCHEMA = "aggregation"
# The more readings of an hour a transaction has, the fewer rows it writes for each of them.
MOST_READINGS = 100_000
# Nobody waits for a rollup, and each transaction has its price beside the readings that are in it.
PAUSE_S = 0.2


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers, follows the directory and the reading log, and works on backfills."""
    zone = context.environment.zone("SITE_TZ", "Asia/Seoul")
    async with connect(context.target("location")) as location, connect(context.target("realtime")) as realtime:
        directory = follow_directory(location, context.database, SCHEMA)
        consumer = LogConsumer(
            SCHEMA,
            RollupWork(RollupWriter(zone.key), SqlBackfills()),
            schema=SCHEMA,
            database=context.database,
            database_url=context.settings.database_url,
            channel=realtime,
            most_readings=MOST_READINGS,
            pause_s=PAUSE_S,
            applied=READINGS.inc,
        )
        ranges = RangeClient(realtime)
        query = Query(context.database, directory, lambda: consumer.state, ranges, zone.key)
        backfills = Backfills(context.database, ranges, zone.key)
        aggregation_service_pb2_grpc.add_AggregationServiceServicer_to_server(query.handler, server)
        aggregation_json_service_pb2_grpc.add_AggregationJsonServiceServicer_to_server(query.json_handler, server)
        backfill_service_pb2_grpc.add_BackfillServiceServicer_to_server(backfills.handler, server)
        context.add_sampler(BackfillFigures(context.database).sample)
        async with background(directory.run(), consumer.run(), query.run(), backfills.run()):
            yield


APP = App(SCHEMA, wire)
