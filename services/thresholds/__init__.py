"""Owns the limits: thresholds, and the mappings that give a sensor thresholds of its own."""
