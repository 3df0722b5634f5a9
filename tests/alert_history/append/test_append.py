"""Events are appended once, in order, all or none: on a real server and a real database."""

import asyncio
import itertools
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2
from montrg.alert_history.v1 import alert_history_service_pb2_grpc as rpc

from services.alert_history.app import APP
from services.common.server import serve
from tests.conftest import service_url, settings_of
from tests.support.alert_events import START, append, event, stories
from tests.support.refusals import refused, why

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


ALERT_IDS = itertools.count(1_000)


@pytest.fixture
def new():
    """An alert that has no events yet."""
    return next(ALERT_IDS)


async def story(history, alert_id):
    return await history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=alert_id))


async def test_an_event_is_told_with_all_that_was_sent_and_when_it_was_taken_in(sink, history, new):
    sent = event(
        new, 1, sensor_id="S-1", threshold_type="pcv_temperature", measured_value=33.5, actor="김", note="a\nb",
        plant="울산", factory="F", building="B", floor=0, area="도장",
    )  # fmt: skip
    assert (await append(sink, sent)).appended == 1
    (told,) = (await story(history, new)).events
    assert abs(told.append_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    told.ClearField("append_time")
    assert told == sent


async def test_what_is_unset_stays_unset(sink, history, new):
    await append(sink, event(new, 1))
    (told,) = (await story(history, new)).events
    optional = [field.name for field in pb2.AlertEvent.DESCRIPTOR.fields if field.has_presence]
    assert {name for name in optional if told.HasField(name)} == {"event_time", "append_time"}


async def test_sending_again_changes_nothing(sink, history, new):
    events = [event(new, seq) for seq in (1, 2, 3)]
    await append(sink, *events[:2])
    answer = await append(sink, *events)
    assert (answer.appended, answer.duplicate) == (1, 2)
    first = await story(history, new)
    answer = await append(sink, *events)
    assert (answer.appended, answer.duplicate) == (0, 3)
    assert await story(history, new) == first


async def test_a_gap_is_refused_with_the_last_that_is_here_and_nothing_is_stored(sink, history, new):
    await append(sink, event(new, 1))
    other = new + 500_000
    batch = append(sink, event(other, 1), event(new, 3))
    assert await why(batch) == (PRECONDITION, "EVENT_GAP", {"alert_id": str(new), "last_event_seq": "1"})
    assert (await refused(story(history, other)))[0] == grpc.StatusCode.NOT_FOUND
    begin = append(sink, event(other, 2))
    assert await why(begin) == (PRECONDITION, "EVENT_GAP", {"alert_id": str(other), "last_event_seq": "0"})


async def test_a_gap_within_one_request_is_refused_as_well(sink, new):
    batch = append(sink, event(new, 1), event(new, 2), event(new, 4))
    assert await why(batch) == (PRECONDITION, "EVENT_GAP", {"alert_id": str(new), "last_event_seq": "2"})


async def test_a_gap_is_taken_where_the_sender_knows_that_the_rest_exists_no_more(sink, history, new):
    assert (await append(sink, event(new, 3), event(new, 5, "cleared", "cleared"), allow_gaps=True)).appended == 2
    told = await story(history, new)
    assert ([e.event_seq for e in told.events], told.state) == ([3, 5], "cleared")
    assert told.raise_time == told.events[0].event_time


async def test_what_was_given_up_and_comes_after_all_is_stored_and_does_not_open_the_alert_again(sink, history, new):
    await append(sink, event(new, 3, "cleared", "cleared", level="green"), allow_gaps=True)
    answer = await append(sink, event(new, 1, level="red"), event(new, 2, "acknowledged"))
    assert (answer.appended, answer.duplicate) == (2, 0)
    told = await story(history, new)
    assert [e.event_seq for e in told.events] == [1, 2, 3]
    assert (told.state, told.highest_level) == ("cleared", "red")
    times = [e.event_time for e in told.events]
    assert [told.raise_time, told.acknowledge_time, told.clear_time] == times


async def test_another_event_of_a_number_that_is_taken_is_refused(sink, history, new):
    await append(sink, event(new, 1))
    before = await story(history, new)
    another = event(new, 1, level="red")
    another.event_id = "00000000-0000-4000-8000-000000000000"
    code, reason, metadata = await why(append(sink, another, event(new, 2)))
    assert (code, reason, metadata["event_id"]) == (PRECONDITION, "EVENT_CONFLICT", event(new, 1).event_id)
    assert await story(history, new) == before


async def test_months_long_past_get_their_partitions_when_they_come(sink, history, connection, new):
    moments = [datetime(2003, 1, 31, 23, 59, 59, 999_999, UTC), datetime(2003, 2, 1, tzinfo=UTC)]
    await append(sink, *(event(new, seq, moment=moment) for seq, moment in enumerate(moments, 1)))
    assert [e.event_time.ToDatetime(UTC) for e in (await story(history, new)).events] == moments
    names = "SELECT tableoid::regclass::text FROM alert_history.event WHERE alert_id = $1 ORDER BY event_seq"
    rows = await connection.fetch(names, new)
    assert [row[0] for row in rows] == ["alert_history.event_200301", "alert_history.event_200302"]


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=-365 * 30)])
async def test_a_time_more_than_a_day_ahead_or_before_2000_is_refused(sink, new, ahead):
    sent = event(new, 1, moment=datetime.now(UTC) + ahead)
    assert await refused(append(sink, sent)) == (grpc.StatusCode.INVALID_ARGUMENT, ["events[0].event_time"])


async def test_an_alert_that_comes_back_is_cleared_when_it_is_cleared_at_last(sink, history, new):
    steps = ["raised active", "cleared cleared", "reactivated active", "resolved cleared", "commented cleared"]
    events = [event(new, seq, *step.split()) for seq, step in enumerate(steps, 1)]
    clear_times = []
    for one in events:
        await append(sink, one)
        told = await story(history, new)
        clear_times.append(told.clear_time.ToDatetime(UTC) if told.HasField("clear_time") else None)
    minutes = [None if moment is None else (moment - START) // timedelta(minutes=1) for moment in clear_times]
    assert minutes == [None, 2, None, 4, 4]


async def test_replicas_that_are_sent_the_same_at_the_same_time_store_it_once(admin_url, history):
    """Each gets all batches in an order of its own, with alerts in orders of their own, until nothing is new."""
    events = stories(60, seed=11, first=200_000)
    by_alert = [list(group) for _, group in itertools.groupby(events, key=lambda e: e.alert_id)]
    async with AsyncExitStack() as stack:
        stubs = []
        for _ in range(3):
            settings, environment = settings_of(admin_url, "alert_history")
            port = await stack.enter_async_context(serve(APP, settings, environment))
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
            stubs.append(rpc.AlertEventServiceStub(channel))

        async def send(stub, seed):
            rng, appended = random.Random(seed), 0
            for _ in range(12):
                some = rng.sample(by_alert, 20)
                appended += (await append(stub, *itertools.chain.from_iterable(some))).appended
            return appended + (await append(stub, *events)).appended

        totals = await asyncio.gather(*(send(stub, seed) for seed, stub in enumerate(stubs * 2)))
    assert sum(totals) == len(events)
    for group in by_alert:
        told = (await story(history, group[0].alert_id)).events
        assert [e.event_id for e in told] == [e.event_id for e in group]


async def test_a_sender_that_is_gone_in_the_middle_leaves_nothing_and_sending_again_loses_nothing(
    admin_url, connection, history, sink, new
):
    """The append has locked its alert and waits to write the events when its session is ended."""
    blocker = await asyncpg.connect(admin_url)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("LOCK TABLE alert_history.event IN ACCESS EXCLUSIVE MODE")
    sending = asyncio.create_task(append(sink, event(new, 1), event(new, 2)))
    waiting = (
        "SELECT pid FROM pg_stat_activity WHERE usename = 'montrg_alert_history' AND wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    while (pid := await connection.fetchval(waiting)) is None:
        await asyncio.sleep(0.01)
    await connection.execute("SELECT pg_terminate_backend($1)", pid)
    assert (await refused(sending))[0] == grpc.StatusCode.UNAVAILABLE
    await transaction.rollback()
    await blocker.close()
    assert (await refused(story(history, new)))[0] == grpc.StatusCode.NOT_FOUND
    assert (await append(sink, event(new, 1), event(new, 2))).appended == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alert_history.event SET note = 'x'",
        "DELETE FROM alert_history.event",
        "TRUNCATE alert_history.event",
        "UPDATE alert_history.event_202607 SET note = 'x'",
        "DELETE FROM alert_history.event_202607",
        "TRUNCATE alert_history.event_202607",
        "DROP TABLE alert_history.event_202607",
        "ALTER TABLE alert_history.event DETACH PARTITION alert_history.event_202607",
        "UPDATE alert_history.kind SET level = 'green'",
        "DELETE FROM alert_history.alert",
        "DELETE FROM alert_history.month",
        "UPDATE alert_history.layout SET dropped_before = now()",
    ],
)
async def test_the_services_own_login_cannot_change_what_happened(admin_url, sink, new, statement):
    await append(sink, event(new, 1))
    login = await asyncpg.connect(service_url(admin_url, "alert_history"))
    try:
        assert await login.fetchval("SELECT count(*) FROM alert_history.event WHERE alert_id = $1", new) == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)
    finally:
        await login.close()
