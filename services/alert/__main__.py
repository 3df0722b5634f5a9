"""Runs the alert service."""

from services.alert.app import APP
from services.common.server import run

run(APP)
