"""Signing's two steps on the archive: what is to be signed, and the signed file. No byte of an entry is rewritten."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from sealgate.package.archive import SIGNING, Archive, ArchiveReader, PackageTooLarge
from sealgate.package.digest import content_jobs, hash_while_reading
from sealgate.package.layout import (
    MAX_SIGNATURE,
    META_HEADER,
    end_records,
    meta_record,
    signature_header,
    signature_record,
)
from sealgate.package.manifest import verify_manifest
from sealgate.package.measure import CHUNK_SIZE, digest_chunk, digest_root
from sealgate.package.ordered import Job
from sealgate.package.seal import ArchiveSeal
from sealgate.package.source import FileSource, Source
from sealgate.package.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPackage:
    """A package that may be signed, and what its signature must cover.

    Attributes:
        archive: The checked archive.
        content_digest: 48 bytes: the detached content of AWS's CMS signature.
        seal: The seal of the file that `embed_signature` will write.
    """

    archive: Archive
    content_digest: bytes
    seal: ArchiveSeal


def prepare_package(source: Source) -> PreparedPackage:
    """Check a package and compute what is signed, reading its entries once.

    Raises:
        EmptyPackage, AlreadySigned, PackageTooLarge: As `parse_archive` under the rules for signing.
        PackageError: It is not plain and unambiguous, an entry's data is damaged, or is not as a manifest says.
    """
    reader = ArchiveReader(source, SIGNING)
    chunks = _Chunks()
    window = reader.open_window(chunks.add)
    jobs = content_jobs(reader, window, with_meta_directory=True)
    archive, content_digest = hash_while_reading(reader, chunks.join(jobs, window))
    verify_manifest(archive)
    appended, record = _meta_parts(archive)
    seal = ArchiveSeal(
        entries=len(archive.entries) + bool(appended) + 1,
        contents_length=archive.directory_offset + len(appended),
        contents_root=chunks.root(appended),
        directory_root=_directory_root(archive.entries.records, record),
    )
    return PreparedPackage(archive=archive, content_digest=content_digest, seal=seal)


def embed_signature(prepared: PreparedPackage, block: bytes, target_fd: int) -> int:
    """Write the signed file: the original entries as they are, the signature entry, and a longer directory.

    Writes from the descriptor's position on, which should be the beginning of an empty file that nobody else can
    write; durability is the caller's business.

    Returns:
        The number of bytes written.

    Raises:
        PackageTooLarge: The block exceeds what a reader accepts.
        PackageError: The source cannot be read any more.
        OSError: The target cannot be written.
    """
    if len(block) > MAX_SIGNATURE:
        raise PackageTooLarge(f"the signature has {len(block)} bytes; at most {MAX_SIGNATURE} are allowed")
    archive, seal, checksum = prepared.archive, prepared.seal, crc32(block)
    header, record = _meta_parts(archive)
    header += signature_header(checksum, len(block)) + block
    record += signature_record(checksum, len(block), seal.contents_length)
    directory_offset = archive.directory_offset + len(header)
    directory_size = archive.directory_size + len(record)
    end = end_records(seal.entries, directory_size, directory_offset)
    _copy(archive.source, archive.directory_offset, target_fd)
    for part in (header, archive.entries.records, record, end):
        _write(part, target_fd)
    return directory_offset + directory_size + len(end)


def _meta_parts(archive: Archive) -> tuple[bytes, bytes]:
    """Build local header and central record of `META_INF/`, or nothing where the archive has it."""
    return (b"", b"") if archive.has_meta_directory else (META_HEADER, meta_record(archive.directory_offset))


def _directory_root(records: bytes, appended: bytes) -> bytes:
    """Answer the root over both without joining them: the records may have 32 MiB."""
    whole = memoryview(records)[: len(records) - len(records) % CHUNK_SIZE]
    return digest_root([*_digest_chunks(whole), *_digest_chunks(records[len(whole) :] + appended)])


class _Chunks:
    """The seal's chunks of an archive's contents, hashed by jobs among those that expand the same bytes."""

    def __init__(self) -> None:
        self._digests: list[bytes] = []
        self._last = b""
        self._pending: deque[Job] = deque()

    def add(self, chunk: bytes) -> None:
        """Take the next chunk; only the last may be shorter, and waits for what is appended."""
        if len(chunk) < CHUNK_SIZE:
            self._last = chunk
            return
        index = len(self._digests)
        self._digests.append(b"")

        def job() -> tuple[()]:
            self._digests[index] = digest_chunk(chunk)
            return ()

        self._pending.append(job)

    def join(self, jobs: Iterator[Job], window: Window) -> Iterator[Job]:
        """Give out jobs, and after each the hashing of the chunks that had to be read for it."""
        for job in jobs:
            yield job
            while self._pending:
                yield self._pending.popleft()
        window.finish()
        yield from self._pending

    def root(self, appended: bytes) -> bytes:
        return digest_root([*self._digests, *_digest_chunks(self._last + appended)])


def _digest_chunks(data: bytes | memoryview) -> list[bytes]:
    return [digest_chunk(data[at : at + CHUNK_SIZE]) for at in range(0, len(data), CHUNK_SIZE)]


def _copy(source: Source, length: int, target_fd: int) -> None:
    """Copy the first bytes of a source, inside the kernel where it can."""
    done = 0
    if isinstance(source, FileSource):
        done = _copy_in_kernel(source.fileno(), length, target_fd)
    while done < length:
        piece = source.read_at(done, min(CHUNK_SIZE, length - done))
        _write(piece, target_fd)
        done += len(piece)


def _copy_in_kernel(source_fd: int, length: int, target_fd: int) -> int:
    """Copy as much as the kernel will: 0 where the file systems or the target do not take part."""
    done = 0
    try:
        while done < length and (count := os.copy_file_range(source_fd, target_fd, length - done, offset_src=done)):
            done += count
    except OSError:
        # The caller goes on by reading and writing, and meets the same error if it is a real one.
        return done
    return done


def _write(data: bytes, target_fd: int) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target_fd, view) :]
