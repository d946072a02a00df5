"""The archive seal: one signed attribute that covers every byte of a package.

    ArchiveSeal ::= SEQUENCE {
      version         INTEGER,        -- 1
      chunkSize       INTEGER,        -- exactly 1048576
      entries         INTEGER,        -- central directory records, the signature's included
      contentsLength  INTEGER,        -- file bytes [0, contentsLength): all local entries but the signature's
      contentsRoot    OCTET STRING,   -- 48 bytes
      directoryRoot   OCTET STRING }  -- 48 bytes: the central directory without the signature's record

The roots are those of the chunk tree in `measure`. All other bytes of the file are rebuilt from these values and the
signature block, and compared: nothing that the file says of itself is believed.
"""

from __future__ import annotations

from zlib import crc32

from sealgate.errors import IntegrityError
from sealgate.package.layout import (
    FILE_LIMIT,
    MAX_SIGNATURE,
    SIGNATURE_HEADER_SIZE,
    SIGNATURE_RECORD_SIZE,
    end_records,
    end_records_size,
    signature_header,
    signature_record,
)
from sealgate.package.measure import CHUNK_SIZE, Measurement, begin_measuring, hash_range
from sealgate.package.source import Source
from sealgate.values import value

__all__ = [
    "ArchiveSeal",
    "Measurement",
    "begin_measuring",
    "encode_seal",
    "hash_range",
    "parse_seal",
    "place_sealed",
    "verify_roots",
    "verify_seal",
]

VERSION = 1
ROOT_SIZE = 48

MAX_ENTRIES = (1 << 24) - 1
"""Records that a seal may speak of; far above what may be signed, and small enough for one-byte DER lengths."""

_SEQUENCE, _INTEGER, _OCTET_STRING = 0x30, 0x02, 0x04
_LONG_FORM = 0x80


@value
class ArchiveSeal:
    """What the signer says of the file. Version and chunk size have one value each and are not kept.

    Attributes:
        entries: Central directory records, the signature's included.
        contents_length: Bytes before the signature's local header.
        contents_root: 48 bytes over the contents.
        directory_root: 48 bytes over the central directory without the signature's record.
    """

    entries: int
    contents_length: int
    contents_root: bytes
    directory_root: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.entries <= MAX_ENTRIES:
            raise _unreadable(f"the number of entries, {self.entries}, is out of range")
        if not 0 <= self.contents_length < FILE_LIMIT:
            raise _unreadable(f"the length of the contents, {self.contents_length}, is out of range")
        if not len(self.contents_root) == len(self.directory_root) == ROOT_SIZE:
            raise _unreadable("a root does not have 48 bytes")


def encode_seal(seal: ArchiveSeal) -> bytes:
    """Write a seal in DER (X.690)."""
    body = b"".join(
        (
            _encode_integer(VERSION),
            _encode_integer(CHUNK_SIZE),
            _encode_integer(seal.entries),
            _encode_integer(seal.contents_length),
            bytes((_OCTET_STRING, ROOT_SIZE)) + seal.contents_root,
            bytes((_OCTET_STRING, ROOT_SIZE)) + seal.directory_root,
        )
    )
    assert len(body) < _LONG_FORM, "the limits keep a seal within one-byte lengths"
    return bytes((_SEQUENCE, len(body))) + body


def parse_seal(der: bytes) -> ArchiveSeal:
    """Read a seal.

    Raises:
        IntegrityError: It is no DER of this form (SealUnreadable), or of a version or chunk size that is not known
            (SealUnknown): a newer seal is never taken for an absent one.
    """
    rest = _content(der, _SEQUENCE)
    if rest[1]:
        raise _unreadable("bytes follow it")
    fields = []
    body = rest[0]
    for tag in (_INTEGER, _INTEGER):
        value, body = _content(body, tag)
        fields.append(int.from_bytes(value, "big", signed=True))
    if fields != [VERSION, CHUNK_SIZE]:
        raise IntegrityError(
            f"the archive seal has version {fields[0]} and chunk size {fields[1]}, which are not known here",
            reason="SealUnknown",
        )
    entries, body = _content(body, _INTEGER)
    length, body = _content(body, _INTEGER)
    contents_root, body = _content(body, _OCTET_STRING)
    directory_root, body = _content(body, _OCTET_STRING)
    seal = ArchiveSeal(
        entries=int.from_bytes(entries, "big", signed=True),
        contents_length=int.from_bytes(length, "big", signed=True),
        contents_root=contents_root,
        directory_root=directory_root,
    )
    if encode_seal(seal) != der:
        raise _unreadable("it is not DER")
    return seal


def verify_seal(
    source: Source, seal: ArchiveSeal, signature_block: bytes, *, measured: Measurement | None = None
) -> None:
    """Check that a file is, byte for byte, the one that was sealed: `place_sealed`, then `verify_roots`.

    Args:
        source: The file.
        seal: Values that a verified signature vouches for.
        signature_block: The block that this signature is in.
        measured: Hashing begun earlier. It is used only if it covered exactly the ranges that follow from the seal.

    Raises:
        IntegrityError: A check failed; `reason` names it.
        PackageError: The source cannot be read.
    """
    ranges = place_sealed(source, seal, signature_block)
    if measured is None or measured.ranges != ranges:
        measured = Measurement(source, ranges)
    verify_roots(seal, *measured.roots())


def place_sealed(source: Source, seal: ArchiveSeal, signature_block: bytes) -> tuple[tuple[int, int], tuple[int, int]]:
    """Find the place of every byte of a sealed file, and check those that are not hashed.

    1. The signature entry's header and block stand where the sealed contents end (reason SignatureEntryAltered).
    2. The signature's central record and the end records, rebuilt from signed values, end the file
       (EndRecordsAltered).

    The file is then the contents, the signature entry, the directory and the end records, with nothing between, before
    or after. How long the directory is follows from the file's length, and is bound by its root.

    Returns:
        The two hashed ranges, contents and directory, as offset and length.

    Raises:
        IntegrityError: A check failed; `reason` names it.
        PackageError: The source cannot be read.
    """
    checksum, length = crc32(signature_block), len(signature_block)
    directory_offset = seal.contents_length + SIGNATURE_HEADER_SIZE + length
    record_offset = source.size - end_records_size(seal.entries) - SIGNATURE_RECORD_SIZE
    if source.size >= FILE_LIMIT or length > MAX_SIGNATURE or record_offset < directory_offset:
        raise IntegrityError(
            "the file does not have the size that the archive seal requires", reason="EndRecordsAltered"
        )
    entry = signature_header(checksum, length) + signature_block
    if source.read_at(seal.contents_length, len(entry)) != entry:
        raise IntegrityError(
            "the signature does not stand where the archive seal requires", reason="SignatureEntryAltered"
        )
    directory_size = record_offset + SIGNATURE_RECORD_SIZE - directory_offset
    end = signature_record(checksum, length, seal.contents_length)
    end += end_records(seal.entries, directory_size, directory_offset)
    if source.read_at(record_offset, len(end)) != end:
        raise IntegrityError("the end of the archive is not the one that was sealed", reason="EndRecordsAltered")
    return (0, seal.contents_length), (directory_offset, record_offset - directory_offset)


def verify_roots(seal: ArchiveSeal, contents_root: bytes, directory_root: bytes) -> None:
    """Compare the roots over the two hashed ranges with the sealed ones.

    3. The contents have the sealed root (ContentsAltered).
    4. The rest of the central directory has the sealed root (DirectoryAltered).

    Raises:
        IntegrityError: They are others; `reason` names the check.
    """
    if contents_root != seal.contents_root:
        raise IntegrityError("the package's contents are not those that were sealed", reason="ContentsAltered")
    if directory_root != seal.directory_root:
        raise IntegrityError("the archive's directory is not the one that was sealed", reason="DirectoryAltered")


def _encode_integer(value: int) -> bytes:
    content = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return bytes((_INTEGER, len(content))) + content


def _content(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Split off one element with a one-byte length: its content and what follows."""
    if len(data) < 2 or data[0] != tag or data[1] >= _LONG_FORM or len(data) < 2 + data[1]:  # noqa: PLR2004 (tag, length)
        raise _unreadable("it is not DER of this form")
    end = 2 + data[1]
    return data[2:end], data[end:]


def _unreadable(rule: str) -> IntegrityError:
    return IntegrityError(f"the archive seal cannot be read: {rule}", reason="SealUnreadable")
