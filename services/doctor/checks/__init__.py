"""The checks: pure functions over facts, each of which returns findings."""
