"""Runs the location service."""

from services.common.server import run
from services.location.app import APP

run(APP)
