"""Wires the alert service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from services.common.channels import connect
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower, SqlSnapshots
from services.common.server import App, Context
from services.common.tasks import background
from services.directory.client import location_neighbour
from services.directory.convert import directory as parse_directory

SCHEMA = "alert"


@asynccontextmanager
async def wire(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:  # noqa: ARG001
    """Adds the servicers, follows the neighbours, judges readings and tells whom they concern."""
    async with connect(context.target("location")) as location:
        directory = Follower(
            "location",
            location_neighbour(location),
            parse_directory,
            store=SqlSnapshots(context.database, SCHEMA),
            is_away=database_is_away,
            clock=system_clock,
        )
        async with background(directory.run()):
            yield


APP = App(SCHEMA, wire)
