"""The figures of realtime: each moves when the thing happens, and none freezes while the database is away."""

from datetime import UTC, datetime, timedelta

from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from montrg.realtime.v1 import reading_log_service_pb2_grpc

from tests.realtime.live.conftest import reading
from tests.support.figures import looked_at, shows

OUTCOMES = ("accepted", "duplicate", "late", "conflict", "rejected", "unavailable")
SHARED = (
    "montrg_sensors",
    "montrg_places",
    "montrg_perceived_temperature_celsius",
    "montrg_ingest_newest_timestamp_seconds",
    "montrg_reading_log_end",
    "montrg_reading_log_lag_readings",
    "montrg_reading_log_lag_seconds",
    "montrg_reading_log_report_timestamp_seconds",
)


def outcomes(figures):
    return {word: figures.get("montrg_ingest_readings_total", outcome=word) for word in OUTCOMES}


async def test_every_reading_counts_once_by_its_outcome_and_batches_by_their_size(worker, register):
    await register("counted")
    before = await looked_at(worker.channel)
    moment = datetime.now(UTC)
    rows = [reading("counted", 30.0, moment - timedelta(seconds=n)) for n in range(3)]
    await worker.ingest.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=rows))
    more = [rows[0], reading("counted", 31.0, moment), reading("counted", 20.0, moment - timedelta(hours=1))]
    more += [reading("nobody", 20.0, moment), reading("counted", 999.0, moment)]
    await worker.ingest.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=more))
    after = await looked_at(worker.channel)
    grown = {word: count - outcomes(before)[word] for word, count in outcomes(after).items()}
    assert grown == {"accepted": 3, "duplicate": 1, "late": 1, "conflict": 1, "rejected": 2, "unavailable": 0}

    def batches(figures):
        return figures.get("montrg_ingest_batches_total", result="stored"), figures.get(
            "montrg_ingest_batch_readings_sum"
        )

    assert [b - a for a, b in zip(batches(before), batches(after), strict=True)] == [2, 8]
    assert after.get("montrg_ingest_queue_readings") == 0


async def test_sensors_places_and_the_heat_are_told_by_factory_and_alike_by_every_worker(workers, register):
    await register("well", loc_id="B-1")
    await register("mute", loc_id="B-1")
    moment = datetime.now(UTC)
    await workers[0].write(reading("well", 35.0, moment, 55.0))

    def is_told(figures):
        return (
            figures.get("montrg_sensors", factory="F2", quality="good") == 1
            and figures.get("montrg_sensors", factory="F2", quality="never") == 1
            and figures.get("montrg_sensors", factory="F2", quality="stale") == 0
            and figures.get("montrg_places", factory="F2", level="red") == 1
            and abs(figures.get("montrg_perceived_temperature_celsius", factory="F2") - 34.9) < 0.2
            and figures.get("montrg_ingest_newest_timestamp_seconds") >= moment.timestamp() - 1e-3
        )

    for worker in workers:
        await shows(worker.channel, is_told)


async def test_a_consumer_that_stands_still_lags_by_what_is_written_until_it_goes_on(worker, register):
    log = reading_log_service_pb2_grpc.ReadingLogServiceStub(worker.channel)
    await log.RegisterConsumer(log_pb2.RegisterConsumerRequest(consumer="slow"))
    before = await shows(worker.channel, lambda f: f.get("montrg_reading_log_lag_readings", consumer="slow") == 0)
    await register("lagging")
    await worker.write(reading("lagging", 20.0), reading("lagging", 21.0, datetime.now(UTC) - timedelta(minutes=1)))
    after = await shows(worker.channel, lambda f: f.get("montrg_reading_log_lag_readings", consumer="slow") == 2)
    assert after.get("montrg_reading_log_end") > before.get("montrg_reading_log_end")
    assert after.get("montrg_reading_log_lag_seconds", consumer="slow") > 0
    head = (await log.ListConsumers(log_pb2.ListConsumersRequest())).head
    place = log_pb2.CommitOffsetRequest(consumer="slow", generation=head.generation, seq=head.last_seq)
    await log.CommitOffset(place)
    report = after.get("montrg_reading_log_report_timestamp_seconds", consumer="slow")
    await shows(
        worker.channel,
        lambda f: (
            f.get("montrg_reading_log_lag_readings", consumer="slow") == 0
            and f.get("montrg_reading_log_lag_seconds", consumer="slow") == 0
            and f.get("montrg_reading_log_report_timestamp_seconds", consumer="slow") > report
        ),
    )


async def test_who_watches_is_counted_for_as_long_as_the_stream_is_open(worker):
    before = (await looked_at(worker.channel)).get("montrg_watchers", stream="measurements")
    watcher = worker.watch()
    await watcher.next()
    await shows(worker.channel, lambda f: f.get("montrg_watchers", stream="measurements") == before + 1)
    watcher.call.cancel()
    await shows(worker.channel, lambda f: f.get("montrg_watchers", stream="measurements") == before)


async def test_without_the_database_nothing_is_told_of_what_is_in_it_and_afterwards_all_is(worker, gate, register):
    await register("before")
    await worker.write(reading("before"))

    def told(figures):
        return [name for name in SHARED if figures.all(name)]

    await shows(worker.channel, lambda f: told(f) == list(SHARED))
    await gate.shut()
    try:
        figures = await shows(worker.channel, lambda f: told(f) == [])
        assert figures.get("montrg_ingest_batches_total", result="stored") > 0
    finally:
        await gate.open()
    await shows(worker.channel, lambda f: told(f) == list(SHARED))
