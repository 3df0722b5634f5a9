"""Reading ahead of the work, within bounds."""

import asyncio

import pytest
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.common.errors import UnavailableError
from services.common.reading_log.client import LogBatch, LogMark
from services.common.reading_log.read_ahead import MOST_READINGS, reading_ahead


class Stream:
    """A log of so many batches, which counts those that were read."""

    def __init__(self, count, size, generations=("g",), error=None):
        self.read = 0
        self._batches = [
            LogBatch(generations[seq * len(generations) // count], pb2.ReadingBatch(seq=seq, series_index=[0] * size))
            for seq in range(count)
        ]
        self._error = error

    async def messages(self):
        yield LogMark(7)
        for batch in self._batches:
            self.read += 1
            yield batch
        if self._error:
            raise self._error
        await asyncio.Event().wait()


async def settled():
    for _ in range(500):
        await asyncio.sleep(0)


@pytest.mark.parametrize("size", [100, 1_000, 10_000])
async def test_no_more_is_read_than_one_transaction_takes(size):
    stream = Stream(100_000 // size, size)
    async with reading_ahead(stream.messages(), lambda: None) as ahead:
        await settled()
        assert stream.read * size == MOST_READINGS
        taken = ahead.take()
        assert [item.batch.seq for item in taken] == list(range(len(taken)))
        assert len(taken) * size == MOST_READINGS
        await settled()
        assert stream.read * size == 2 * MOST_READINGS


async def test_a_batch_larger_than_a_transaction_is_taken_alone():
    async with reading_ahead(Stream(2, MOST_READINGS + 1).messages(), lambda: None) as ahead:
        await settled()
        assert [item.batch.seq for item in ahead.take()] == [0]
        await settled()
        assert [item.batch.seq for item in ahead.take()] == [1]
        assert ahead.take() == []


async def test_what_is_taken_is_of_one_generation():
    async with reading_ahead(Stream(10, 1, generations=("old", "new")).messages(), lambda: None) as ahead:
        await settled()
        assert [[item.generation for item in ahead.take()] for _ in range(3)] == [["old"] * 5, ["new"] * 5, []]


async def test_what_was_read_before_an_error_can_still_be_taken():
    woken = asyncio.Event()
    stream = Stream(3, 1, error=UnavailableError("away", "AWAY"))
    async with reading_ahead(stream.messages(), woken.set) as ahead:
        await settled()
        assert woken.is_set()
        assert ahead.alive
        assert len(ahead.take()) == 3
        assert isinstance(ahead.error, UnavailableError)


async def test_what_gathers_is_waited_for_until_there_is_one_transactions_worth():
    async with reading_ahead(Stream(3, MOST_READINGS).messages(), lambda: None) as ahead:
        await asyncio.wait_for(ahead.gather(3600), 10)
        assert len(ahead.take()) == 1
        await asyncio.wait_for(ahead.gather(3600), 10)
        assert len(ahead.take()) == 1
    async with reading_ahead(Stream(3, 1).messages(), lambda: None) as ahead:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ahead.gather(3600), 0.2)
        await ahead.gather(0.01)
        assert len(ahead.take()) == 3


async def test_nothing_is_waited_for_once_the_stream_has_ended():
    async with reading_ahead(Stream(3, 1, error=UnavailableError("away", "AWAY")).messages(), lambda: None) as ahead:
        for count in (3, 0):
            await asyncio.wait_for(ahead.gather(3600), 10)
            assert len(ahead.take()) == count
