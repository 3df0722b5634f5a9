"""Wires the thresholds service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.thresholds.v1 import mapping_service_pb2_grpc, threshold_service_pb2_grpc

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
    """Adds both servicers, and follows the schema's revision and location's directory."""
    feed = RevisionFeed(context.settings.database_url, "thresholds")
    repository = SqlRepository(context.database, feed.invalidate)
    thresholds = ThresholdHandler(ThresholdUseCases(repository, system_clock), feed, system_clock)
    threshold_service_pb2_grpc.add_ThresholdServiceServicer_to_server(thresholds, server)
    async with connect(context.target("location")) as location:
        directory = follow_directory(location, context.database, "thresholds")
        mappings = MappingHandler(MappingUseCases(repository, system_clock, directory))
        mapping_service_pb2_grpc.add_MappingServiceServicer_to_server(mappings, server)
        async with background(feed.run(context.stopping), directory.run()):
            yield


APP = App("thresholds", wire)
