"""Copies of what other services own, followed by revision."""

from services.common.neighbours.client import RevisionedNeighbour, away
from services.common.neighbours.follower import Follower
from services.common.neighbours.store import CREATE_TABLE, SqlSnapshots

__all__ = ["CREATE_TABLE", "Follower", "RevisionedNeighbour", "SqlSnapshots", "away"]
