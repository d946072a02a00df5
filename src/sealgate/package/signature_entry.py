"""Finding the signature block of a package."""

from __future__ import annotations

from zlib import crc32

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.layout import MAX_SIGNATURE, find_tail
from sealgate.package.source import Source


def read_signature(source: Source) -> bytes | None:
    """Read the signature block; None if the package is unsigned.

    A package in the signed layout is not parsed: whether the rest of it is what the block was made for, the seal or
    (under `AWS_FORMAT`) the digest must say. Any other is parsed under the widest rules that leave it one meaning, so
    that an unsigned package is not refused for its naming conventions.

    Raises:
        PackageError: It is no archive, or ambiguous (two entries with the signature's name, for example).
        IntegrityError: The block is damaged (reason SignatureDamaged).
    """
    tail = find_tail(source)
    if tail is not None:
        block = source.read_at(tail.block_offset, tail.block_length)
        if crc32(block) != tail.block_crc32:
            raise _damaged("it does not have the stated checksum")
        return block
    # The parser is loaded where it is needed: the command line verifies a sealed package without it.
    from sealgate.package.archive import DEPLOYABLE, parse_archive, read_body  # noqa: PLC0415

    archive = parse_archive(source, rules=DEPLOYABLE)
    if archive.signature is None:
        return None
    try:
        return read_body(archive, archive.signature, limit=MAX_SIGNATURE)
    except PackageError as error:
        raise _damaged(error.rule) from error


def _damaged(rule: str) -> IntegrityError:
    return IntegrityError(f"the signature entry is damaged: {rule}", reason="SignatureDamaged")
