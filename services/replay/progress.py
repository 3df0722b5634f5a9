"""Shows how far a long work is, such as the import of the history: a bar in a terminal, a few lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Say = Callable[[str], object]

WORDS = "importing a year of readings"
STEP_PERCENT = 20


@contextmanager
def shown(console: Console, words: str = WORDS) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that is called with what is done and what there is to do."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console.print, words).update
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class Lines:
    """Says a percentage whenever another fifth is done; nothing where nothing is left to do."""

    def __init__(self, say: Say, words: str = WORDS) -> None:
        self._say = say
        self._words = words
        self._said: int | None = None

    def update(self, done: int, total: int) -> None:
        """Takes what is done and what there is to do."""
        percent = 100 if done >= total else 100 * done // total
        step = percent - percent % STEP_PERCENT
        if self._said is None and step == 100:
            self._said = step
        if self._said is None or step > self._said:
            self._said = step
            self._say(f"{self._words}: {step} %")
