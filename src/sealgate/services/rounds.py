"""Work that is done again and again by a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Rounds:
    """A thread that does something every few seconds until it is stopped. What a round raises is logged.

    Args:
        name: The thread's.
        seconds: Between two rounds.
        work: What is done.
        at_end: Whether `stop` has it done a last time.
    """

    def __init__(self, name: str, *, seconds: float, work: Callable[[], object], at_end: bool = False) -> None:
        self._seconds = seconds
        self._work = work
        self._at_end = at_end
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round under way, or after a last one."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._round()
        if self._at_end:
            self._round()

    def _round(self) -> None:
        try:
            self._work()
        except Exception:
            log.exception("%s: a round failed; the next one tries again", self._thread.name)
