"""What was measured as plain Python over the raw readings makes it: decimals, and the standard library's calendar."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from google.protobuf.json_format import MessageToDict

QUANTITIES = ("pcv_temperature", "temperature", "humidity")
_READINGS = (
    "SELECT sensor_id, loc_id, capture_time, quality, temperature, humidity, pcv_temperature FROM realtime.readings"
)
_FORMS = {"hour": "%Y%m%d", "day": "%Y%m%d", "month": "%Y%m"}


async def rows_of(connection, period, first, last, *, zone="Asia/Seoul", hours=range(24), where=lambda reading: True):
    """The rows of the readings of local days, both inclusive, in some hours, by ascending time."""
    groups = defaultdict(list)
    for reading in await connection.fetch(_READINGS):
        local = reading["capture_time"].astimezone(ZoneInfo(zone))
        if f"{first}" <= f"{local:%Y%m%d}" <= f"{last}" and local.hour in hours and where(reading):
            begin = local.replace(minute=0, second=0, microsecond=0).timestamp() if period == "hour" else 0
            hour = f"{local:%H}" if period == "hour" else "00"
            groups[begin, f"{local:{_FORMS[period]}}", hour].append(reading)
    rows = [_row(key, groups[key]) for key in sorted(groups)]
    assert all(a != b for a, b in pairwise(rows))
    return rows


def _row(key, readings):
    begin, ymd, hour = key
    suspect = sum(reading["quality"] != 1 for reading in readings)
    return (begin, ymd, hour, len(readings), suspect, metrics_of(readings))


def metrics_of(readings):
    """All metrics of some readings."""
    found: dict[str, float] = {}
    for quantity in QUANTITIES:
        values = [Decimal(repr(reading[quantity])) for reading in readings if reading[quantity] is not None]
        if values:
            average = (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            kinds = {"max": max(values), "avg": average, "min": min(values)}
            found |= {f"{quantity}_{kind}": float(value) for kind, value in kinds.items()}
    return found


def rows_in(entry):
    """The rows of an entry of an answer, in the same form."""
    return [
        (row.start_time.seconds, row.ymd, row.hour, row.readings, row.suspect, _metrics(row.metrics))
        for row in entry.date
    ]


def _metrics(message):
    return MessageToDict(message, preserving_proto_field_name=True)
