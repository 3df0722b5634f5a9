"""Who is expected to send, from when on, and by which replica. Without a server; time is an argument."""

import math

from services.alert.evaluate.attendance import Attendance
from services.alert.evaluate.journal import Journal
from services.alert.evaluate.judging import Judging
from services.alert.evaluate.rulebook import Rulebook
from services.alert.evaluate.table import Stored, Table
from services.alert.evaluate.tuning import NEVER, SECOND, Tuning
from services.common.reading_log import SHARDS, shard_of
from services.directory.domain import Directory, Place, Sensor
from services.heat.quality import GOOD
from tests.alert.evaluate.traces import NOON

ALL = frozenset(range(SHARDS))
GRACE = 3 * 60 * SECOND


class Replica:
    """The table of one process, and what it finds in it."""

    def __init__(self):
        self.table = Table()
        self.attendance = Attendance(self.table, Tuning(), lambda: True)
        self._rulebook = Rulebook(None, None, Tuning())

    def know(self, now, *names, loc_id="A-1", is_active=True):
        sensors = {name: Sensor(name, loc_id, is_active, 60, "summer", []) for name in names}
        places = {name: Place(name, "P", "F", "B", 1, name) for name in ("A-1", "A-2")}
        self._rulebook = Rulebook(None, Directory(1, sensors, places), Tuning())
        self.table.set_rulebook(self._rulebook, now)

    async def found(self, now, shards=ALL):
        """Who is alerted of at a moment, and where."""
        journal = Journal()
        await self.attendance.look(Judging(self._rulebook, journal), shards, now)
        return {e.sensor_id: e.raised["loc_id"] for e in journal.episodes if e.raised is not None}


async def test_one_that_never_sent_is_given_three_intervals_from_when_it_is_known():
    replica = Replica()
    replica.know(NOON, "s")
    await replica.found(NOON)
    replica.know(NOON + GRACE, "s", "later")
    assert await replica.found(NOON + GRACE) == {}
    assert await replica.found(NOON + GRACE + 1) == {"s": "A-1"}
    assert await replica.found(NOON + 2 * GRACE) == {}
    assert await replica.found(NOON + 2 * GRACE + 1) == {"later": "A-1"}


async def test_one_that_comes_into_service_is_given_three_intervals_from_then_on():
    replica = Replica()
    replica.know(NOON, "s", is_active=False)
    assert await replica.found(NOON + 2 * GRACE) == {}
    replica.know(NOON + 2 * GRACE, "s")
    assert await replica.found(NOON + 2 * GRACE) == {}
    replica.know(NOON + 2 * GRACE + 1, "s", is_active=False)
    assert await replica.found(NOON + 3 * GRACE + 2) == {}
    replica.know(NOON + 4 * GRACE, "s")
    assert await replica.found(NOON + 5 * GRACE) == {}
    assert await replica.found(NOON + 5 * GRACE + 1) == {"s": "A-1"}


async def test_one_that_was_moved_before_it_ever_sent_is_missed_where_it_is():
    replica = Replica()
    replica.know(NOON, "s")
    await replica.found(NOON)
    replica.know(NOON + 1, "s", loc_id="A-2")
    assert await replica.found(NOON + GRACE + 1) == {"s": "A-2"}


def test_one_that_was_moved_while_nobody_judged_is_where_location_says():
    replica = Replica()
    replica.know(NOON, "s", loc_id="A-2")
    nothing = (math.nan,) * 3
    replica.table.load(shard_of("s"), [Stored("s", "A-1", NEVER, NOON, nothing, GOOD, None, [math.nan] * 6)])
    assert replica.table.loc_ids == ["A-2"]


async def test_a_hand_over_gives_no_time_anew_to_one_that_has_sent_before_and_a_longer_break_does():
    at = NOON + GRACE + 1
    for since, missed in ((NOON, {"s": "A-1"}), (None, {})):
        replica = Replica()
        replica.know(NOON, "s")
        last = Stored("s", "A-1", NOON, NOON, (20.0, 50.0, 20.0), GOOD, None, [math.nan] * 6)
        replica.table.load(shard_of("s"), [last])
        replica.attendance.take_over({shard_of("s"): since})
        assert await replica.found(at) == missed
        assert await replica.found(at + GRACE + 1) == ({} if missed else {"s": "A-1"})


async def test_each_is_missed_by_the_replica_that_holds_its_shard_and_anew_by_who_takes_over():
    names = [f"s{number}" for number in range(100)]
    first, second = Replica(), Replica()
    shares = frozenset(range(8)), frozenset(range(8, SHARDS))
    for replica, share in zip((first, second), shares, strict=True):
        replica.know(NOON, *names)
        await replica.found(NOON, share)
    at = NOON + GRACE + 1
    mine, theirs = await first.found(at, shares[0]), await second.found(at, shares[1])
    assert sorted([*mine, *theirs]) == sorted(names)
    assert min(len(mine), len(theirs)) > 20
    # One who gives its shards away and gets them again gives them time, too.
    first.table.drop(shares[0])
    first.attendance.lost(shares[0])
    assert await first.found(at, shares[0]) == {}
    assert await first.found(at + GRACE, shares[0]) == {}
    assert await first.found(at + GRACE + 1, shares[0]) == mine
