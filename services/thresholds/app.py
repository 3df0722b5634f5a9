"""Wires the thresholds service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.thresholds.v1 import mapping_service_pb2_grpc, threshold_service_pb2_grpc

from services.common.audit.client import audit_sender
from services.common.channels import connect
from services.common.clock import system_clock
from services.common.revisions import RevisionFeed
from services.common.server import App, Context
from services.common.tasks import background
from services.directory.client import follow_directory
from services.thresholds.handler import MappingHandler, ThresholdHandler
from services.thresholds.repository import SqlRepository
from services.thresholds.service import MappingUseCases, ThresholdUseCases


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds both servicers, follows the schema's revision and the directory, and delivers the records of changes."""
    feed = RevisionFeed(context.settings.database_url, "thresholds")
    async with connect(context.target("location")) as location, connect(context.target("alert_history")) as history:
        directory = follow_directory(location, context.database, "thresholds")
        repository = SqlRepository(context.database, feed.invalidate, directory)
        thresholds = ThresholdHandler(ThresholdUseCases(repository, system_clock), feed, system_clock)
        threshold_service_pb2_grpc.add_ThresholdServiceServicer_to_server(thresholds, server)
        mappings = MappingHandler(MappingUseCases(repository, system_clock, directory))
        mapping_service_pb2_grpc.add_MappingServiceServicer_to_server(mappings, server)
        audit = audit_sender(context, history)
        feed.on_look(audit.wake)
        async with background(feed.run(context.stopping), directory.run(), audit.run()):
            yield


APP = App("thresholds", wire)
