"""Runs the realtime service."""

from services.common.server import run
from services.realtime.app import APP

run(APP)
