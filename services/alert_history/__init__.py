"""Owns what became of every alert: events that are appended and never changed."""
