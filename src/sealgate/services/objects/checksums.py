"""Checksums of objects: which there are, and how the ones of parts make the one of the whole.

Source: the Amazon S3 user guide, "Checking object integrity for data uploads".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from awscrt import checksums as crc

from sealgate.services.objects.errors import InvalidRequest

FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
DEFAULT_ALGORITHM = "crc64nvme"
"""What an object gets whose uploader chose none, where its content is read anyway."""


class Hasher(Protocol):
    """A checksum under way."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        ...

    def digest(self) -> bytes:
        """Answer the checksum of all bytes so far."""
        ...


class _Crc:
    def __init__(self, function: Callable[[bytes, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


_HASHERS: Mapping[str, Callable[[], Hasher]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _Crc(crc.crc32c, 4),
    "crc64nvme": lambda: _Crc(crc.crc64nvme, 8),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
ALGORITHMS = tuple(_HASHERS)
_TYPES: Mapping[str, Sequence[str]] = {
    "crc32": (COMPOSITE, FULL_OBJECT),
    "crc32c": (COMPOSITE, FULL_OBJECT),
    "crc64nvme": (FULL_OBJECT,),
    "sha1": (COMPOSITE,),
    "sha256": (COMPOSITE,),
}


def new_hasher(algorithm: str) -> Hasher:
    """Begin a checksum of one of `ALGORITHMS`."""
    return _HASHERS[algorithm]()


def encode_checksum(digest: bytes) -> str:
    """Write a checksum as the wire and the store have it: base64."""
    return base64.b64encode(digest).decode()


def choose_type(algorithm: str | None, checksum_type: str | None) -> str:
    """Answer how a multipart upload's checksum is made: the type asked for, or the algorithm's own.

    Raises:
        InvalidRequest: The algorithm has no such type, or a type is asked for without an algorithm.
    """
    if algorithm is None:
        if checksum_type is not None:
            raise InvalidRequest(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return FULL_OBJECT
    possible = _TYPES[algorithm]
    if checksum_type is None:
        return possible[0]
    if checksum_type not in possible:
        raise InvalidRequest(
            f"The {checksum_type} checksum type cannot be used with the {algorithm} checksum algorithm."
        )
    return checksum_type


def composite_checksum(algorithm: str, parts: Iterable[str]) -> str:
    """Answer the checksum of the parts' checksums, `-` and their number."""
    digests = [base64.b64decode(part) for part in parts]
    hasher = new_hasher(algorithm)
    hasher.update(b"".join(digests))
    return f"{encode_checksum(hasher.digest())}-{len(digests)}"


def composite_etag(parts: Iterable[str]) -> str:
    """Answer a multipart object's entity tag: the MD5 of the parts' MD5s (hexadecimal), `-` and their number."""
    digests = [binascii.unhexlify(part) for part in parts]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"
