"""Runs the alert history service."""

from services.alert_history.app import APP
from services.common.server import run

run(APP)
