"""The outcomes of several batches that were stored as one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.realtime.ingest.domain import ACCEPTED, REJECTED, Outcomes
from services.realtime.ingest.rules import Refusal


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=8))
def test_each_batch_gets_its_own_outcomes_counted_from_nought(batches):
    rows = [refused for batch in batches for refused in batch]
    codes = np.array([REJECTED if refused else ACCEPTED for refused in rows], dtype=np.int8)
    words = {row: Refusal("humidity", str(row)) for row, refused in enumerate(rows) if refused}
    parts = Outcomes(codes, words).split([len(batch) for batch in batches])
    assert [(part.codes == REJECTED).tolist() for part in parts] == batches
    assert [sorted(part.words) for part in parts] == [np.flatnonzero(batch).tolist() for batch in batches]
    assert [word.reason for part in parts for word in part.words.values()] == [w.reason for w in words.values()]
