"""Messages that were made for one caller, kept for all others who need the same."""

from collections.abc import Callable, Hashable

MOST_KEPT_BYTES = 64 * 1024 * 1024


class KeptMessages:
    """Keeps messages for as long as what they show stays equal."""

    def __init__(self) -> None:
        self._messages: dict[Hashable, bytes] = {}
        self._bytes = 0
        self._state: Hashable = None

    def get(self, state: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Returns what was made under a key while the state was the same, or makes it."""
        if state != self._state or self._bytes > MOST_KEPT_BYTES:
            self._messages.clear()
            self._bytes = 0
            self._state = state
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = make()
            self._bytes += len(message) + 200  # and what it takes to find it again
        return message
