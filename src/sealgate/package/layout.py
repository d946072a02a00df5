"""The records that Sealgate itself writes: one form each, rebuilt by the verifier and compared byte by byte.

A signed package is

    contents            every local entry but the signature's
    signature entry     header (`signature_header`), then the block, stored
    directory           the central directory without the signature's record
    signature record    (`signature_record`)
    end records         (`end_records`)

and nothing else: no comment, no gap. `find_tail` reads this layout from the end of the file. What it finds are the
claims of an untrusted file; only `seal.verify_seal` decides.

Nothing is imported that costs start-up time: the command line hashes before it loads anything else.
"""

from __future__ import annotations

from sealgate.package.records import (
    CENTRAL,
    CENTRAL_MARK,
    END,
    END_MARK,
    FLAG_UTF8,
    FULL_16,
    FULL_32,
    HOST_UNIX,
    LOCAL,
    LOCAL_MARK,
    STORED,
    ZIP64_END,
    ZIP64_END_LENGTH,
    ZIP64_END_MARK,
    ZIP64_LOCATOR,
    ZIP64_LOCATOR_MARK,
)

TYPE_CHECKING = False  # type checkers read True; `typing` itself would cost the command line milliseconds
if TYPE_CHECKING:
    from sealgate.package.source import Source

SIGNATURE_NAME = b"META_INF/aws_signer_signature_v1.0.SF"
META_DIRECTORY = b"META_INF/"
MANIFEST_NAME = b".sealgate-manifest"

MAX_SIGNATURE = 1 << 20
"""Bytes of a signature block. AWS's own have 5 to 6 kB; a block with tokens and proofs stays far below."""

FILE_LIMIT = FULL_32
"""A signed package is shorter than this (4 GiB - 1), so that no size or offset needs a ZIP64 field."""

_VERSION = 20
_VERSION_ZIP64 = 45
_MADE_BY = HOST_UNIX << 8 | _VERSION
_TIME = 0
_DATE = 1 << 5 | 1  # 1980-01-01, the first day that a ZIP archive can name
_FILE_ATTRIBUTES = 0o100644 << 16
_DIRECTORY_ATTRIBUTES = 0o040755 << 16 | 0x10

SIGNATURE_HEADER_SIZE = LOCAL.size + len(SIGNATURE_NAME)
SIGNATURE_RECORD_SIZE = CENTRAL.size + len(SIGNATURE_NAME)


def local_header(name: bytes, crc32: int, size: int) -> bytes:
    """Build the local header of a stored entry, in the one form that Sealgate writes."""
    head = (LOCAL_MARK, _VERSION, _flags(name), STORED, _TIME, _DATE, crc32, size, size)
    return LOCAL.pack(*head, len(name), 0) + name


def central_record(name: bytes, crc32: int, size: int, attributes: int, offset: int) -> bytes:
    """Build the central record of a stored entry whose local header is at `offset`, in the same form."""
    head = (CENTRAL_MARK, _MADE_BY, _VERSION, _flags(name), STORED, _TIME, _DATE, crc32, size, size)
    return CENTRAL.pack(*head, len(name), 0, 0, 0, 0, attributes, offset) + name


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else FLAG_UTF8


META_HEADER = local_header(META_DIRECTORY, 0, 0)
"""The local header of the `META_INF/` directory entry that signing appends where it is absent."""


def meta_record(offset: int) -> bytes:
    """Build the central record of the appended `META_INF/`, whose local header is at `offset`."""
    return central_record(META_DIRECTORY, 0, 0, _DIRECTORY_ATTRIBUTES, offset)


def signature_header(crc32: int, length: int) -> bytes:
    """Build the signature entry's local header for a block of `length` bytes."""
    return local_header(SIGNATURE_NAME, crc32, length)


def signature_record(crc32: int, length: int, offset: int) -> bytes:
    """Build the signature entry's central record; its local header is at `offset`."""
    return central_record(SIGNATURE_NAME, crc32, length, _FILE_ATTRIBUTES, offset)


def end_records_size(entries: int) -> int:
    """Answer the length of `end_records` for that many entries."""
    return END.size if entries < FULL_16 else ZIP64_END.size + ZIP64_LOCATOR.size + END.size


def end_records(entries: int, size: int, offset: int) -> bytes:
    """Build everything after the central directory, which has `entries` records in `size` bytes from `offset` on.

    From 65,535 entries on, and only then, the ZIP64 end record and its locator stand first and the counts of the end
    record are 0xFFFF. Sizes and offsets stay in their own fields, since a signed package is below 4 GiB - 1.
    """
    if entries < FULL_16:
        return END.pack(END_MARK, 0, 0, entries, entries, size, offset, 0)
    versions = (_VERSION_ZIP64, _VERSION_ZIP64)
    counts = (entries, entries, size, offset)
    return (
        ZIP64_END.pack(ZIP64_END_MARK, ZIP64_END_LENGTH, *versions, 0, 0, *counts)
        + ZIP64_LOCATOR.pack(ZIP64_LOCATOR_MARK, 0, offset + size, 1)
        + END.pack(END_MARK, 0, 0, FULL_16, FULL_16, size, offset, 0)
    )


def begins_with_manifest(source: Source) -> bool:
    """Tell whether a file's first entry has the manifest's name. Only a claim until `manifest.verify_manifest`.

    Raises:
        PackageError: The source cannot be read.
    """
    head = source.read_at(0, min(source.size, LOCAL.size + len(MANIFEST_NAME)))
    named = len(MANIFEST_NAME).to_bytes(2, "little")
    return head.startswith(LOCAL_MARK) and head[26:28] == named and head.endswith(MANIFEST_NAME)


class Tail:
    """Where a file in the signed layout says that its parts are. Untrusted.

    Attributes:
        entries: Central directory records, the signature's included.
        contents_length: The contents are the file's first bytes, this many.
        block_offset: Where the signature block begins.
        block_length: How long it is.
        block_crc32: What the signature entry's records say of it.
        directory_offset: Where the central directory begins.
        directory_length: How long it is without the signature's record.
    """

    __slots__ = (
        "block_crc32",
        "block_length",
        "block_offset",
        "contents_length",
        "directory_length",
        "directory_offset",
        "entries",
    )

    def __init__(self, *, entries: int, contents_length: int, block: tuple[int, int], directory_length: int) -> None:
        self.entries = entries
        self.contents_length = contents_length
        self.block_length, self.block_crc32 = block
        self.block_offset = contents_length + SIGNATURE_HEADER_SIZE
        self.directory_offset = self.block_offset + self.block_length
        self.directory_length = directory_length

    @property
    def ranges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The two hashed ranges, contents and directory, as offset and length."""
        return (0, self.contents_length), (self.directory_offset, self.directory_length)


def find_tail(source: Source) -> Tail | None:
    """Find the signature entry from the end of the file; None unless the file has exactly the signed layout.

    Reads the records around the directory, and neither contents, block nor directory.

    Raises:
        PackageError: The source cannot be read.
    """
    directory = _find_directory(source)
    if directory is None:
        return None
    entries, size, offset = directory
    record_offset = offset + size - SIGNATURE_RECORD_SIZE
    record = source.read_at(record_offset, SIGNATURE_RECORD_SIZE)
    fields = CENTRAL.unpack_from(record)
    crc32, length, start = fields[7], fields[8], fields[-1]
    if length > MAX_SIGNATURE or start + SIGNATURE_HEADER_SIZE + length != offset:
        return None
    if record != signature_record(crc32, length, start):
        return None
    if source.read_at(start, SIGNATURE_HEADER_SIZE) != signature_header(crc32, length):
        return None
    return Tail(
        entries=entries, contents_length=start, block=(length, crc32), directory_length=size - SIGNATURE_RECORD_SIZE
    )


def _find_directory(source: Source) -> tuple[int, int, int] | None:
    """Read entries, size and offset of the directory from end records of our own form that end the file."""
    if not END.size <= source.size < FILE_LIMIT:
        return None
    entries, size, offset = END.unpack(source.read_at(source.size - END.size, END.size))[4:7]
    if entries == FULL_16:
        begin = source.size - end_records_size(entries)
        if begin < 0:
            return None
        entries = ZIP64_END.unpack(source.read_at(begin, ZIP64_END.size))[7]
        if entries < FULL_16:
            return None
    begin = offset + size
    if size < SIGNATURE_RECORD_SIZE or begin + end_records_size(entries) != source.size:
        return None
    found = source.read_at(begin, source.size - begin)
    return (entries, size, offset) if found == end_records(entries, size, offset) else None
