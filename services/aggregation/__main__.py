"""Runs the aggregation service."""

from services.aggregation.app import APP
from services.common.server import run

run(APP)
