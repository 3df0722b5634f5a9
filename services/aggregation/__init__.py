"""Aggregation: what was measured per hour, day and month. Owns the rollups."""
