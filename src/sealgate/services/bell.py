"""How threads that do what waits in the database are told that there is more of it."""

from __future__ import annotations

import threading


class Bell:
    """Wakes who waits for it. Who asks for the number of rings, then looks for work, then waits, misses none.

    Example:
        >>> heard = bell.rings
        >>> if not find_work():
        ...     bell.wait(heard, seconds=5)
    """

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it has rung."""
        return self._rings

    def ring(self) -> None:
        """Wake everyone who waits."""
        with self._rung:
            self._rings += 1
            self._rung.notify_all()

    def wait(self, heard: int, *, seconds: float) -> None:
        """Wait until it has rung since it had rung so often, or until the time is over."""
        with self._rung:
            self._rung.wait_for(lambda: self._rings != heard, timeout=seconds)
