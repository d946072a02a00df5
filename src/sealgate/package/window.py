"""Reading a package forwards, each byte once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sealgate.package.inflate import Bytes
from sealgate.package.measure import CHUNK_SIZE
from sealgate.package.source import Source


class Window:
    """The first bytes of a source, read forwards in chunks of 1 MiB, of which it holds one.

    Whoever wants the chunks themselves too (the archive seal's, which are the same) gets each of them once, whether or
    not it was needed otherwise.
    """

    __slots__ = ("_chunk", "_end", "_on_chunk", "_source", "_start")

    def __init__(self, source: Source, end: int, on_chunk: Callable[[bytes], None] | None = None) -> None:
        self._source = source
        self._end = end
        self._on_chunk = on_chunk
        self._start = 0
        self._chunk = b""

    def pieces(self, offset: int, length: int) -> Iterator[Bytes]:
        """Give out a range in pieces. Ranges must be asked for in ascending order, and lie before the end."""
        end = offset + length
        while offset < end:
            if offset >= self._start + len(self._chunk):
                self._advance(offset)
            at = offset - self._start
            piece = memoryview(self._chunk)[at : at + end - offset]
            offset += len(piece)
            yield piece

    def take(self, offset: int, length: int) -> tuple[Bytes, ...]:
        """Give out a range in all its pieces at once."""
        at = offset - self._start
        if at + length <= len(self._chunk):
            return (memoryview(self._chunk)[at : at + length],)
        return tuple(self.pieces(offset, length))

    def shows(self, expected: bytes, offset: int) -> bool:
        """Tell whether the chunk that it holds has certain bytes at an offset."""
        at = offset - self._start
        return at >= 0 and self._chunk.startswith(expected, at)

    def finish(self) -> None:
        """Read what was not asked for up to the end, if somebody wants the chunks."""
        if self._on_chunk is not None and self._start + len(self._chunk) < self._end:
            self._advance(self._end - 1)

    def _advance(self, offset: int) -> None:
        """Load the chunk that contains an offset; those before it too where they are wanted."""
        target = offset - offset % CHUNK_SIZE
        start = self._start + len(self._chunk) if self._on_chunk else target
        for begin in range(start, target + 1, CHUNK_SIZE):
            self._chunk = self._source.read_at(begin, min(CHUNK_SIZE, self._end - begin))
            self._start = begin
            if self._on_chunk is not None:
                self._on_chunk(self._chunk)
