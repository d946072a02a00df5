"""How who waits for the end of one thing among many is told of it, and of no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Ends:
    """Wakes who waits for an end. Who expects it, then looks whether it has come, then waits, misses none.

    Ownership: `_expected` are those who wait, by what they wait for; guarded by `_lock`.

    Example:
        >>> with ends.expect("job") as end:
        ...     if not has_ended("job"):
        ...         end.wait(0.5)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected: dict[str, list[threading.Event]] = {}

    @contextmanager
    def expect(self, name: str) -> Iterator[threading.Event]:
        """Answer what is set by the end of the thing of this name, while the context lasts."""
        end = threading.Event()
        with self._lock:
            self._expected.setdefault(name, []).append(end)
        try:
            yield end
        finally:
            with self._lock:
                self._expected[name].remove(end)
                if not self._expected[name]:
                    del self._expected[name]

    def tell(self, name: str) -> None:
        """Wake everyone who waits for this end."""
        with self._lock:
            for each in self._expected.get(name, ()):
                each.set()
