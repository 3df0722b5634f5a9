"""Wires the location service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.location.v1 import location_service_pb2_grpc, sensor_service_pb2_grpc

from services.common.audit.client import audit_sender
from services.common.channels import connect
from services.common.clock import system_clock
from services.common.revisions import RevisionFeed
from services.common.server import App, Context
from services.common.tasks import background
from services.location.device_keys.app import device_keys
from services.location.handler import LocationHandler, SensorHandler
from services.location.repository import SqlRepository
from services.location.service import LocationUseCases, SensorUseCases


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds the servicers, follows the schema's revision, and delivers the records of changes."""
    feed = RevisionFeed(context.settings.database_url, "location")
    repository = SqlRepository(context.database)
    locations = LocationHandler(LocationUseCases(repository, system_clock))
    sensors = SensorHandler(SensorUseCases(repository, system_clock), feed, system_clock)
    location_service_pb2_grpc.add_LocationServiceServicer_to_server(locations, server)
    sensor_service_pb2_grpc.add_SensorServiceServicer_to_server(sensors, server)
    async with connect(context.target("alert_history")) as history:
        audit = audit_sender(context, history)
        feed.on_look(audit.wake)
        async with device_keys(context, server), background(feed.run(context.stopping), audit.run()):
            yield


APP = App("location", wire)
