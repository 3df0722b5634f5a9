"""Owns the readings: takes them in, keeps the latest of each sensor, and tells what is measured now."""
