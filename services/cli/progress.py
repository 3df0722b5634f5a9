"""Shows progress: a bar in a terminal, a line for each tenth elsewhere."""

import sys
from collections.abc import Callable

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress() -> Callable[[int, int], None]:
    """Returns what is called with how many are done, and of how many."""
    return _bar() if sys.stdout.isatty() else _lines()


def _bar() -> Callable[[int, int], None]:
    bar = Progress(
        TextColumn("replay     importing a year"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        transient=True,
    )
    task = bar.add_task("import", total=None)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)
        if done >= total:
            bar.stop()

    return show


def _lines() -> Callable[[int, int], None]:
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        tenth = 10 * done // max(total, 1)
        if shown < tenth < 10:
            print(f"replay     importing a year: {tenth * 10} %", flush=True)
        shown = tenth

    return show
