"""Runs the thresholds service."""

from services.common.server import run
from services.thresholds.app import APP

run(APP)
