"""The state's file."""

from datetime import UTC, datetime

import pytest

from services.replay import state

KNOWN = state.State(datetime(2026, 7, 15, tzinfo=UTC), 4_000, 26_114, datetime(2013, 7, 15, 12, 30, tzinfo=UTC))


def test_what_is_saved_is_read_again(tmp_path):
    state.save(tmp_path / "new" / "replay.json", KNOWN)
    assert state.read(tmp_path / "new" / "replay.json") == KNOWN


def test_before_the_first_time_there_is_none(tmp_path):
    assert state.read(tmp_path / "replay.json") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"history_end": 1}'])
def test_a_broken_file_is_an_error_that_names_the_file_and_the_remedy(tmp_path, text):
    path = tmp_path / "replay.json"
    path.write_text(text)
    with pytest.raises(state.StateError, match=r"replay\.json cannot be read .* remove it"):
        state.read(path)


def test_who_is_told_is_read_again_and_a_broken_file_is_named(tmp_path):
    path = tmp_path / "replay-leader.json"
    assert state.read_leader(path) is None
    told = state.Leader(7, "http://127.0.0.1:30008/told", is_resting=True)
    state.save_leader(path, told)
    assert state.read_leader(path) == told
    path.write_text('{"subscription_id": 7}')
    with pytest.raises(state.StateError, match=r"replay-leader\.json cannot be read .* remove it"):
        state.read_leader(path)
