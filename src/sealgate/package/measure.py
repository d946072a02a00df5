"""Hashing ranges of a file on several threads: the chunk tree of the archive seal.

    chunk = SHA-384(0x00 || bytes of the chunk)                      chunks of 1 MiB, the last one shorter
    root  = SHA-384(0x01 || uint32be(number of chunks) || chunk digests in order)

A program that is about to verify a package calls `begin_measuring` first and loads everything else afterwards: threads
hash meanwhile what the file claims to be its sealed ranges, and `seal.verify_seal` compares those claims with what was
signed. Nothing is imported here that costs start-up time.
"""

from __future__ import annotations

import os
from hashlib import sha384
from threading import Lock, Thread

from sealgate.errors import SealgateError
from sealgate.package.layout import find_tail

TYPE_CHECKING = False  # type checkers read True; `typing` itself would cost the command line milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sealgate.package.layout import Tail
    from sealgate.package.source import Source

CHUNK_SIZE = 1 << 20
"""Bytes of a chunk: large enough that handing it out costs nothing, small enough to keep several in a core's cache."""

MAX_THREADS = 8
"""Memory bandwidth, not cores, is the limit beyond."""

_CHUNK_TAG = sha384(b"\x00")
_ROOT_TAG = b"\x01"


def digest_chunk(data: bytes | memoryview) -> bytes:
    """Hash one chunk of at most `CHUNK_SIZE` bytes to its 48 bytes."""
    state = _CHUNK_TAG.copy()
    state.update(data)
    return state.digest()


def digest_root(chunks: Iterable[bytes]) -> bytes:
    """Hash the digests of all chunks of a range, in order, to the range's 48 bytes."""
    digests = list(chunks)
    return sha384(_ROOT_TAG + len(digests).to_bytes(4, "big") + b"".join(digests)).digest()


def hash_range(source: Source, offset: int, length: int, *, threads: int | None = None) -> bytes:
    """Answer the chunk tree's root over `length` bytes from `offset` on: 48 bytes.

    Args:
        source: Where the bytes are.
        offset: Where the range begins.
        length: How many bytes it has.
        threads: How many threads hash, the caller's own included; None takes as many as there are cores.

    Raises:
        PackageError: The source cannot be read, or ends early.
    """
    return Measurement(source, ((offset, length),), threads=threads).roots()[0]


def begin_measuring(source: Source, *, threads: int | None = None) -> Measurement | None:
    """Start to hash what the file claims to be its sealed ranges; None if it is not in the signed layout.

    Raises:
        PackageError: The source cannot be read.
    """
    tail = find_tail(source)
    return None if tail is None else Measurement(source, tail.ranges, tail=tail, threads=threads)


class Measurement:
    """Ranges of a source that are being hashed.

    Threads start at once, but for ranges so short that a thread costs more than it saves. Each reads chunks into
    buffers of its own, so memory stays at a chunk a thread, and no byte is hashed that anybody else could still change.
    They end by themselves, do not keep the process alive, and never raise: `roots` does.

    Attributes:
        tail: The claims that chose the ranges, where a tail did.
        ranges: Offset and length of each range.
    """

    def __init__(
        self,
        source: Source,
        ranges: tuple[tuple[int, int], ...],
        *,
        tail: Tail | None = None,
        threads: int | None = None,
    ) -> None:
        self.tail = tail
        self.ranges = ranges
        self._source = source
        self._spans = [span for offset, length in ranges for span in _spans(offset, length)]
        self._digests = [b""] * len(self._spans)
        self._next = 0
        self._lock = Lock()
        self._error: BaseException | None = None
        total = sum(length for _, length in ranges)
        count = min(_cores() if threads is None else threads, MAX_THREADS, total // CHUNK_SIZE)
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(count if tail else count - 1)]
        for thread in self._threads:
            thread.start()

    def roots(self) -> tuple[bytes, ...]:
        """Answer the root of each range; the calling thread hashes too until all is done.

        Raises:
            PackageError: The source could not be read, or ended early.
        """
        self._work()
        for thread in self._threads:
            thread.join()
        if self._error is not None:
            raise self._error
        digests = iter(self._digests)
        return tuple(digest_root(next(digests) for _ in _spans(offset, length)) for offset, length in self.ranges)

    def cancel(self) -> None:
        """Let the threads stop after the chunk they are at. `roots` may not be called any more."""
        with self._lock:
            self._next = len(self._spans)

    def _work(self) -> None:
        try:
            while (index := self._take()) < len(self._spans):
                self._digests[index] = digest_chunk(self._source.read_at(*self._spans[index]))
        except (SealgateError, MemoryError) as error:
            self._error = error
            self.cancel()

    def _take(self) -> int:
        with self._lock:
            index = self._next
            self._next = index + 1
        return index


def _spans(offset: int, length: int) -> list[tuple[int, int]]:
    end = offset + length
    return [(start, min(CHUNK_SIZE, end - start)) for start in range(offset, end, CHUNK_SIZE)]


def _cores() -> int:
    return len(os.sched_getaffinity(0))
