"""How many invocations run, against how many may.

A function that reserves a number has it for itself, and gets no more; all others share what is left of the account's
(Lambda developer guide, "Understanding Lambda function scaling"). Each server counts what it runs itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sealgate.services.functions.concurrency import MAX_CONCURRENCY, MIN_UNRESERVED
from sealgate.services.invocations.errors import Throttled

Place = tuple[str, str]
"""Account and region."""


class Capacity:
    """Counts invocations; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[tuple[Place, str]] = Counter()
        self._sharing: Counter[Place] = Counter()

    @contextmanager
    def taken(
        self, place: Place, function: str, *, reserved: int | None, reserved_by_all: Callable[[], int]
    ) -> Iterator[None]:
        """Hold the place of one invocation.

        Args:
            place: Whose, and where.
            function: Bare name.
            reserved: What the function reserves; None: it shares.
            reserved_by_all: Answers what all functions of the account reserve together, in that region; asked only
                where more share than every account has left for that.

        Raises:
            Throttled: There is no place.
        """
        shared = MIN_UNRESERVED
        if reserved is None and self._sharing[place] >= MIN_UNRESERVED:
            shared = MAX_CONCURRENCY - reserved_by_all()
        self._enter(place, function, reserved=reserved, shared=shared)
        try:
            yield
        finally:
            self._leave(place, function, shares=reserved is None)

    def _enter(self, place: Place, function: str, *, reserved: int | None, shared: int) -> None:
        with self._lock:
            if reserved is not None and self._running[place, function] >= reserved:
                raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            if reserved is None and self._sharing[place] >= shared:
                raise Throttled("ConcurrentInvocationLimitExceeded")
            self._running[place, function] += 1
            self._sharing[place] += reserved is None

    def _leave(self, place: Place, function: str, *, shares: bool) -> None:
        with self._lock:
            self._running[place, function] -= 1
            if not self._running[place, function]:
                del self._running[place, function]
            self._sharing[place] -= shares
