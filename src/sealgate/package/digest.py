"""AWS's digest of a package's contents.

    S       = name || body of each entry in archive order, the signature's left out
    content = SHA-384(S)

The 48 bytes of `content` are what the CMS signature covers as its detached content. Names and bodies have no framing,
and modes and times do not enter: for what that means, and what the archive seal adds, see docs/FORMAT.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha384
from itertools import chain
from queue import SimpleQueue
from threading import BoundedSemaphore, Thread

from sealgate.package.archive import Archive
from sealgate.package.inflate import WHOLE_LIMIT, Bytes, expand_pieces, expand_whole
from sealgate.package.layout import META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.window import Window

_SERIAL_LIMIT = 2 << 20
"""Below this many bytes a second thread costs more than it saves."""

_BATCH = 256 << 10
"""Bytes handed to the hashing thread at a time: handing over costs as much as hashing some kilobytes."""

_BATCHES = 16
"""Batches that may wait. A batch has at most `_BATCH + WHOLE_LIMIT` bytes, mostly `_BATCH`."""


def digest_contents(archive: Archive, *, with_meta_directory: bool = False) -> bytes:
    """Expand and check every entry but the signature's, and answer the 48 bytes that AWS's signature covers.

    Args:
        archive: The archive.
        with_meta_directory: Digest as if `META_INF/` were appended, as signing does where it is absent.

    Raises:
        PackageError: An entry's data is not what its size and checksum say, or the source cannot be read.
    """
    return digest_window(archive, Window(archive.source, archive.directory_offset), with_meta_directory)


def digest_window(archive: Archive, window: Window, with_meta_directory: bool) -> bytes:
    """Do as `digest_contents` through a window that somebody else is watching."""
    stream = _read_stream(archive, window)
    if with_meta_directory:
        stream = chain(stream, (META_DIRECTORY,))
    if archive.total_size < _SERIAL_LIMIT:
        return _digest(_join(stream))
    return _digest_in_background(_join(stream))


def _read_stream(archive: Archive, window: Window) -> Iterator[Bytes]:
    """Read S piece by piece."""
    for entry in archive.entries:
        if entry.name == SIGNATURE_NAME:
            continue
        yield entry.name
        length = entry.compressed_size
        if length <= WHOLE_LIMIT and entry.size <= WHOLE_LIMIT:
            yield expand_whole(entry, window.take(entry.data_offset, length))
        else:
            yield from expand_pieces(entry, window.pieces(entry.data_offset, length))


def _join(pieces: Iterable[Bytes]) -> Iterator[Bytes]:
    """Join small pieces to batches."""
    batch: list[Bytes] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece)
        if size >= _BATCH:
            yield b"".join(batch)
            batch.clear()
            size = 0
    yield b"".join(batch)


def _digest(batches: Iterable[Bytes]) -> bytes:
    state = sha384()
    for batch in batches:
        state.update(batch)
    return state.digest()


def _digest_in_background(batches: Iterable[Bytes]) -> bytes:
    """Hash in a second thread while this one makes the batches; both release the interpreter while they work."""
    queue: SimpleQueue[Bytes | None] = SimpleQueue()
    room = BoundedSemaphore(_BATCHES)
    state = sha384()

    def work() -> None:
        while (batch := queue.get()) is not None:
            state.update(batch)
            room.release()

    thread = Thread(target=work)
    thread.start()
    try:
        for batch in batches:
            room.acquire()
            queue.put(batch)
    finally:
        queue.put(None)
        thread.join()
    return state.digest()
