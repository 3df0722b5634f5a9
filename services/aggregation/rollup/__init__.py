"""Keeps the rollups: follows the reading log, and writes what its readings add."""
