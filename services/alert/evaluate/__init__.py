"""Judges every reading once: what is in danger, since when, and what has become of it."""
