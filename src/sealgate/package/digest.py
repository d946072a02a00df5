"""AWS's digest of a package's contents.

    S       = name || body of each entry in archive order, the signature's left out
    content = SHA-384(S)

The 48 bytes of `content` are what the CMS signature covers as its detached content. Names and bodies have no framing,
and modes and times do not enter: for what that means, and what the archive seal adds, see docs/FORMAT.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sealgate.errors import PackageError
from sealgate.package.archive import Archive, ArchiveReader, Entry, parse_archive
from sealgate.package.inflate import Bytes, expand_pieces, expand_whole, fits_whole
from sealgate.package.layout import META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.ordered import Job, hash_in_order, hash_serially
from sealgate.package.rules import Rules
from sealgate.package.source import Source
from sealgate.package.window import Window

_SERIAL_LIMIT = 512 << 10
"""An archive of fewer bytes is left to one thread: a second costs more than it saves."""

_BATCH = 512 << 10
"""Bytes that one job expands, at least: handing a job over costs as much as hashing some kilobytes."""

_FIRST_BATCH = 64 << 10
"""The same of the first job, since nothing can be hashed before it is done."""

_SMALL = 256 << 10
"""A body of fewer bytes is copied next to its neighbours: to hash it by itself costs more."""

_COARSE = 64
"""Entries of a batch that is expanded while another thread asks for the next, at most. Each of more takes the
decompressor some microseconds: two threads that come back from it that often mostly wait for the interpreter."""

_KEPT = 16 << 20
"""Bytes of the block that makes the C library keep freed memory."""


def digest_package(source: Source, *, rules: Rules) -> tuple[Archive, bytes]:
    """Do what `parse_archive` and `digest_contents` do, in less time: entries are expanded while others are checked.

    Raises:
        EmptyPackage, AlreadySigned, PackageTooLarge, PackageError: As `parse_archive`; if nothing is wrong with the
            archive's structure, as `digest_contents`.
    """
    reader = ArchiveReader(source, rules)
    return hash_while_reading(reader, content_jobs(reader, reader.open_window(), with_meta_directory=False))


def digest_contents(archive: Archive, *, with_meta_directory: bool = False) -> bytes:
    """Expand and check every entry but the signature's, and answer the 48 bytes that AWS's signature covers.

    Large archives take two threads, and up to some 60 MB of memory.

    Args:
        archive: The archive.
        with_meta_directory: Digest as if `META_INF/` were appended where it is absent, as signing does.

    Raises:
        PackageError: An entry's data is not what its size and checksum say, or the source cannot be read.
    """
    window = Window(archive.source, archive.directory_offset)
    jobs = content_jobs(archive, window, with_meta_directory=with_meta_directory)
    return _hash_jobs(archive.source, jobs)


def hash_while_reading(reader: ArchiveReader, jobs: Iterator[Job]) -> tuple[Archive, bytes]:
    """Hash the results of jobs that ask a reader for all its entries, and answer the archive and the hash.

    Raises:
        EmptyPackage, AlreadySigned, PackageTooLarge, PackageError: As `digest_package`.
    """
    try:
        digest = _hash_jobs(reader.source, jobs)
    except PackageError:
        # Damaged data may have been met before what is wrong with the structure, which is told first.
        parse_archive(reader.source, rules=reader.rules)
        raise
    return reader.finish(), digest


def _hash_jobs(source: Source, jobs: Iterator[Job]) -> bytes:
    """Hash the results of jobs on an archive, in threads if it is large."""
    if source.size < _SERIAL_LIMIT:
        return hash_serially(jobs)
    _keep_freed_memory()
    return hash_in_order(jobs)


@cache
def _keep_freed_memory() -> None:
    """Let the C library keep what is freed: else it goes back to the kernel, and is fetched again page by page.

    That is a tenth of the time. glibc keeps up to twice the largest block that was ever mapped and freed (mallopt(3),
    M_MMAP_THRESHOLD). The first such block is mapped, and costs nothing; a second one would be cleared.
    """
    bytes(_KEPT)


def content_jobs(archive: Archive | ArchiveReader, window: Window, *, with_meta_directory: bool) -> Iterator[Job]:
    """Cut S into jobs: one expands several small entries, or a large one; a very large entry is several jobs.

    The archive is read while asking for the next job, so that jobs can be done in any order. The data of a very large
    entry is expanded there too, since it must be in order, and many small ones, which only one thread does fast.
    """
    batch, enough = _Batch(), _FIRST_BATCH
    for entry in archive.entries:
        if entry.name == SIGNATURE_NAME:
            continue
        if fits_whole(entry):
            batch.add(entry, window.take(entry.data_offset, entry.compressed_size))
            if batch.size < enough:
                continue
            yield batch.job()
            enough = _BATCH
        else:
            yield batch.job()
            yield _given(entry.name)
            yield from map(_given, expand_pieces(entry, window.pieces(entry.data_offset, entry.compressed_size)))
        batch = _Batch()
    yield batch.job()
    if with_meta_directory and not archive.has_meta_directory:
        yield _given(META_DIRECTORY)


class _Batch:
    """Names and bodies of successive entries. `size` is what they weigh in memory, about."""

    __slots__ = ("_members", "size")

    def __init__(self) -> None:
        self._members: list[tuple[Entry, tuple[Bytes, ...]]] = []
        self.size = 0

    def add(self, entry: Entry, data: tuple[Bytes, ...]) -> None:
        self._members.append((entry, data))
        self.size += len(entry.name) + max(entry.size, entry.compressed_size)

    def job(self) -> Job:
        """Make a job of it: to expand it, or to give out what it was expanded to here."""
        return self._expand if len(self._members) <= _COARSE else _given(*self._expand())

    def _expand(self) -> list[Bytes]:
        parts: list[Bytes] = []
        small: list[Bytes] = []
        for entry, data in self._members:
            body = expand_whole(entry, data)
            small.append(entry.name)
            if len(body) < _SMALL:
                small.append(body)
            else:
                parts += (b"".join(small), body)
                small = []
        parts.append(b"".join(small))
        return parts


def _given(*parts: Bytes) -> Job:
    return lambda: parts
