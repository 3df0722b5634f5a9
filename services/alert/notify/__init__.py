"""Tells whom alerts concern: what is to be said is planned into an outbox, and sent from there."""
