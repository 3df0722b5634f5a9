"""Wires the device keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.location.v1 import device_key_registry_service_pb2_grpc, device_key_service_pb2_grpc

from services.common.clock import system_clock
from services.common.revisions import RevisionFeed
from services.common.server import Context
from services.common.tasks import background
from services.location.device_keys.handler import DeviceKeyHandler, DeviceKeyRegistryHandler
from services.location.device_keys.repository import REVISION, SCHEMA, SqlDeviceKeys
from services.location.device_keys.service import DeviceKeyUseCases


@asynccontextmanager
async def device_keys(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Adds both servicers and follows the keys' revision."""
    feed = RevisionFeed(context.settings.database_url, SCHEMA, REVISION)
    use_cases = DeviceKeyUseCases(SqlDeviceKeys(context.database), system_clock)
    registry = DeviceKeyRegistryHandler(use_cases, feed, system_clock)
    device_key_service_pb2_grpc.add_DeviceKeyServiceServicer_to_server(DeviceKeyHandler(use_cases), server)
    device_key_registry_service_pb2_grpc.add_DeviceKeyRegistryServiceServicer_to_server(registry, server)
    async with background(feed.run(context.stopping)):
        yield
