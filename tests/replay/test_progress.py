"""Progress where there is no terminal."""

import io

from rich.console import Console

from services.replay import progress


def test_without_a_terminal_each_fifth_is_a_line():
    output = io.StringIO()
    with progress.shown(Console(file=output, force_terminal=False)) as update:
        for done in range(0, 1001, 10):
            update(done, 1000)
    assert output.getvalue().splitlines() == [f"{progress.WORDS}: {n} %" for n in range(0, 101, 20)]


def test_an_import_that_was_done_before_says_nothing():
    said: list[str] = []
    progress.Lines(said.append).update(1000, 1000)
    assert said == []
