"""Reading a stored package once: what is hashed is what is used.

The end of the file (signature, central directory) is read into memory, and verified and parsed there. The contents are
read forwards, in the seal's chunks; each is hashed, and what is unpacked comes from the same private bytes. So it makes
no difference what becomes of the file meanwhile.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from struct import Struct
from types import TracebackType
from typing import Self

from sealgate.errors import PackageError
from sealgate.package.directory import Entry, locate_directory
from sealgate.package.inflate import Bytes
from sealgate.package.layout import find_tail
from sealgate.package.measure import digest_chunk, digest_root
from sealgate.package.records import LOCAL
from sealgate.package.rules import DEPLOYABLE, PackageTooLarge
from sealgate.package.source import Source
from sealgate.package.window import Window

_LENGTHS = Struct("<2H")
_LENGTHS_OFFSET = LOCAL.size - _LENGTHS.size
_MAX_END = DEPLOYABLE.max_directory + (2 << 20)
"""Bytes that may stand behind the contents: the directory, the signature, and end records with a comment."""

_AHEAD = 4
"""Chunks that may wait to be hashed."""

_CHANGED = "the file changed while it was read"


class HeldSource:
    """A source whose end was read once, into memory; what stands before is read from the source each time.

    Attributes:
        size: Bytes of the whole.
        contents_length: Where the end that is held begins.
        end: That end.
    """

    __slots__ = ("_source", "contents_length", "end", "size")

    def __init__(self, source: Source, contents_length: int) -> None:
        self._source = source
        self.size = source.size
        self.contents_length = contents_length
        self.end = source.read_at(contents_length, source.size - contents_length)

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes from `offset` on.

        Raises:
            PackageError: There are not that many.
        """
        before = min(length, self.contents_length - offset)
        if before == length or length < 0:
            return self._source.read_at(offset, length)
        at = max(0, -before)
        held = self.end[at : at + length - max(0, before)]
        data = self._source.read_at(offset, before) + held if before > 0 else held
        if len(data) != length:
            raise PackageError(_CHANGED)
        return data


def hold(source: Source) -> HeldSource:
    """Read the end of an archive, from where its contents end by its own word.

    Raises:
        PackageError: It is no archive, or exceeds a limit.
    """
    tail = find_tail(source)
    end = locate_directory(source, DEPLOYABLE).offset if tail is None else tail.contents_length
    if source.size - end > _MAX_END:
        raise PackageTooLarge(f"the archive has more than {_MAX_END} bytes behind its contents")
    return HeldSource(source, end)


class SingleReading:
    """The contents of a held package, read forwards; a thread hashes what was read."""

    def __init__(self, held: HeldSource) -> None:
        self._held = held
        self._window = Window(held, held.contents_length, self._add)
        self._whole = hashlib.sha256()
        self._digests: list[bytes] = []
        # One thread only: the hash of the whole wants its chunks in order.
        self._hashing = ThreadPoolExecutor(1, thread_name_prefix="code-reading")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hashing.shutdown()

    def data(self, entry: Entry) -> Iterator[Bytes]:
        """Give out an entry's data in pieces. Entries must be asked for in archive order.

        The headers were checked before, on bytes that were read for that; what they say of the data's place is
        checked again here, on those that are hashed. What stands behind the contents is held, and was not read twice.

        Raises:
            PackageError: The header says something else now.
        """
        if entry.offset >= self._held.contents_length:
            return iter((self._held.read_at(entry.data_offset, entry.compressed_size),))
        lengths = b"".join(self._window.take(entry.offset + _LENGTHS_OFFSET, _LENGTHS.size))
        if entry.offset + LOCAL.size + sum(_LENGTHS.unpack(lengths)) != entry.data_offset:
            raise PackageError(_CHANGED)
        return self._window.pieces(entry.data_offset, entry.compressed_size)

    def finish(self) -> tuple[str, bytes]:
        """Read what was not asked for; answer the SHA-256 of the whole file, and the chunk tree's root of its contents.

        Raises:
            PackageError: The source cannot be read.
        """
        self._window.finish()
        while self._waiting:
            self._waiting.popleft().result()
        self._whole.update(self._held.end)
        return self._whole.hexdigest(), digest_root(self._digests)

    def _add(self, chunk: bytes) -> None:
        if len(self._waiting) == _AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._hashing.submit(self._hash, chunk))

    def _hash(self, chunk: bytes) -> None:
        self._whole.update(chunk)
        self._digests.append(digest_chunk(chunk))
