"""A batch as columns, cut to some shards."""

from datetime import UTC, datetime, timedelta

import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.common.reading_log.columns import cut
from services.common.reading_log.shards import SHARDS, shard_of
from tests.support.reading_log import payload

MOMENT = datetime(2026, 7, 15, tzinfo=UTC)
SENSORS = [f"c-{number}" for number in range(50)]
ROWS = [(sensor, MOMENT + timedelta(seconds=s), 20 + s / 100) for s in range(4) for sensor in SENSORS]


def batch():
    batch = pb2.ReadingBatch.FromString(payload(ROWS))
    batch.seq = 7
    batch.append_time.FromDatetime(MOMENT)
    return batch


def rows_of(part):
    sensors = [part.series[index].sensor_id for index in part.series_index]
    times = [datetime.fromtimestamp(us / 1e6, UTC) for us in part.capture_time_us]
    return list(zip(sensors, times, part.temperature.tolist(), strict=True))


def test_all_shards_are_the_whole_batch():
    part = cut(batch(), range(SHARDS))
    assert part is not None
    assert rows_of(part) == sorted(ROWS)
    assert (part.seq, part.append_time, len(part)) == (7, MOMENT, len(ROWS))
    assert np.isnan(part.pcv_temperature).all()
    assert (part.quality == 1).all()
    assert (part.humidity == 50).all()


def test_the_parts_of_all_shards_are_the_whole_batch_each_reading_once():
    parts = [part for shard in range(SHARDS) if (part := cut(batch(), {shard})) is not None]
    assert sorted(row for part in parts for row in rows_of(part)) == sorted(ROWS)
    for part in parts:
        assert len({shard_of(row[0]) for row in rows_of(part)}) == 1


def test_shards_without_a_reading_have_no_part():
    missing = set(range(SHARDS)) - {shard_of("c-0")}
    one = pb2.ReadingBatch.FromString(payload([("c-0", MOMENT, 20.0)]))
    assert cut(one, missing) is None
    assert cut(one, set()) is None
