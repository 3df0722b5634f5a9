"""Streams of changes to anything that is kept in memory: who waits is woken, told once, and never queued for."""
