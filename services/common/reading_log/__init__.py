"""What builds on the reading log: every stored reading once, also when a replica is killed, stopped or added.

`LogConsumer` is the class to use, `LogWork` what to give it, `CREATE_TABLES` what the migrations of its schema need.
"""

from services.common.reading_log.columns import ReadingSlice
from services.common.reading_log.consumer import LogConsumer
from services.common.reading_log.ranges import RangeClient
from services.common.reading_log.shards import SHARDS, shard_of
from services.common.reading_log.state import ConsumerState, Extent, Place
from services.common.reading_log.tables import CREATE_TABLES
from services.common.reading_log.work import LogWork, Ticking

__all__ = [
    "CREATE_TABLES",
    "SHARDS",
    "ConsumerState",
    "Extent",
    "LogConsumer",
    "LogWork",
    "Place",
    "RangeClient",
    "ReadingSlice",
    "Ticking",
    "shard_of",
]
