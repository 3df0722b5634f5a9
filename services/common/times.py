"""Between protobuf's timestamps and Python's, which know fewer moments."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def moment(timestamp: Timestamp) -> datetime:
    """Returns the moment in UTC; one outside the years 1 to 9999 becomes the nearest within.

    Only a binary message can carry such a one. Every rule about time then refuses it like any other far-off moment.
    """
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return EARLIEST if timestamp.seconds < 0 else LATEST


def time_or_none(message: Message, field: str) -> datetime | None:
    """Returns a message's timestamp field, or None where it is unset."""
    return moment(getattr(message, field)) if message.HasField(field) else None
