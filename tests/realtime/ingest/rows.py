"""Rows as the tests of ingest write them down."""

from datetime import UTC, datetime, timedelta

from montrg.realtime.v1 import ingest_service_pb2 as pb2

from services.directory.domain import Sensor
from services.realtime.ingest import convert

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
SENSOR = Sensor("S-1", "A", True, 60, "summer", [])
ROW = {"sensor_id": "S-1", "capture_time": NOW, "temperature": 33.0, "humidity": 60.0}


def sent(*changes):
    """The rows as the service reads them; each is ROW with some changes, where None leaves a field out."""
    messages = []
    for change in changes:
        fields = {name: value for name, value in (ROW | change).items() if value is not None}
        messages.append(pb2.Reading(**fields))
    return convert.sent_rows(messages)


def every(seconds, *changes):
    """Rows with so many seconds between them."""
    return sent(*(change | {"capture_time": NOW + timedelta(seconds=seconds * i)} for i, change in enumerate(changes)))
