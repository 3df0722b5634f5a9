"""Answers what was measured per hour, day and month."""
