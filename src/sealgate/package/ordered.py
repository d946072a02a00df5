"""Hashing in order what several threads compute out of order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha384
from threading import Condition, Thread

from sealgate.package.inflate import Bytes

Job = Callable[[], Sequence[Bytes]]
"""Computes the next bytes to hash, in as many parts as it has them in. Jobs run at the same time, in any thread."""

_WAITING_LIMIT = 16 << 20
"""Bytes that may wait to be hashed before no further job is begun."""

_MAX_THREADS = 2
"""One hashes at a time, and expanding is about as fast. A third would find little to do, and takes memory."""


def hash_in_order(jobs: Iterator[Job], *, threads: int | None = None) -> bytes:
    """Answer the SHA-384 of the jobs' results, joined in the order of the jobs.

    Every thread does what is most urgent: hash the next result if it is there, else begin the next job. So no core
    waits for another, whichever of the two takes longer.

    Args:
        jobs: The jobs; only one thread at a time asks for the next.
        threads: How many threads work, the caller's own included; None takes two, where there are two cores.

    Raises:
        Whatever a job or the iterator raised: the first in order if several did.
    """
    if threads is None:
        threads = min(len(os.sched_getaffinity(0)), _MAX_THREADS)
    return _Line(jobs).run(threads)


def hash_serially(jobs: Iterator[Job]) -> bytes:
    """Do as `hash_in_order` in this thread alone."""
    state = sha384()
    for job in jobs:
        for part in job():
            state.update(part)
    return state.digest()


class _Line:
    """The state that the threads share; `_changed` guards everything but the hash and the iterator.

    The hash belongs to the thread that set `_is_hashing`, the iterator to the one that set `_is_asking`.
    """

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._state = sha384()
        self._changed = Condition()
        self._results: dict[int, Sequence[Bytes]] = {}
        self._waiting = 0
        self._begun = 0
        self._hashed = 0
        self._is_asking = False
        self._is_hashing = False
        self._is_exhausted = False
        self._errors: dict[int, BaseException] = {}

    def run(self, threads: int) -> bytes:
        others = [Thread(target=self._work) for _ in range(threads - 1)]
        for other in others:
            other.start()
        self._work()
        for other in others:
            other.join()
        if self._errors:
            raise self._errors[min(self._errors)]
        return self._state.digest()

    def _work(self) -> None:
        while (step := self._choose()) is not None:
            step()

    def _choose(self) -> Callable[[], None] | None:
        """Wait for something to do; None when all is done, or has failed."""
        with self._changed:
            while not self._errors:
                if not self._is_hashing and self._hashed in self._results:
                    self._is_hashing = True
                    return self._hash
                if not (self._is_asking or self._is_exhausted) and self._waiting < _WAITING_LIMIT:
                    self._is_asking = True
                    return self._begin
                if self._is_exhausted and self._hashed == self._begun:
                    break
                self._changed.wait()
            return None

    def _hash(self) -> None:
        result = self._results.pop(self._hashed)
        for part in result:
            self._state.update(part)
        with self._changed:
            self._hashed += 1
            self._waiting -= sum(map(len, result))
            self._is_hashing = False
            self._changed.notify_all()

    def _begin(self) -> None:
        index = self._begun
        try:
            job = next(self._jobs, None)
            with self._changed:
                self._is_asking = False
                self._is_exhausted = job is None
                self._begun += job is not None
                self._changed.notify_all()
            if job is not None:
                self._finish(index, job())
        except BaseException as error:  # noqa: BLE001 (carried to the caller's thread)
            with self._changed:
                self._errors[index] = error
                self._changed.notify_all()

    def _finish(self, index: int, result: Sequence[Bytes]) -> None:
        with self._changed:
            self._results[index] = result
            self._waiting += sum(map(len, result))
            self._changed.notify_all()
