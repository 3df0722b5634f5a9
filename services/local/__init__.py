"""Runs the whole mesh on one machine: the embedded PostgreSQL and a supervisor of processes."""
