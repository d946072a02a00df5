"""Content on its way into the blob store: what an upload is to the services, and how blobs are joined."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sealgate.services.objects.checksums import encode_checksum, new_hasher
from sealgate.store.blobs import BlobStore, Staging

_BLOCK = 1 << 20
_NO_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class Upload(Protocol):
    """A received body: staged in the blob store, every announced digest already verified."""

    @property
    def staging(self) -> Staging:
        """The staged file."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        ...

    @property
    def md5(self) -> str:
        """In hexadecimal."""
        ...

    @property
    def checksums(self) -> Mapping[str, str]:
        """Those that the uploader gave: by algorithm (`crc32`, ...), in base64."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some bytes of a blob."""

    blob: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Pieces that have become one blob; digests as in `Upload`."""

    sha256: str
    size: int
    md5: str
    checksums: Mapping[str, str]


def join_pieces(blobs: BlobStore, pieces: Iterable[Piece], *, algorithms: Iterable[str]) -> Joined:
    """Make one durable blob of pieces of others.

    The bytes are copied by the kernel, and then read once for the digests.

    Args:
        blobs: The store of both.
        pieces: In order.
        algorithms: The checksums to compute.
    """
    with blobs.stage() as staging:
        for piece in pieces:
            with blobs.open(piece.blob) as source:
                _copy(source.fileno(), staging.fileno(), piece.offset, piece.length)
        joined = _measure(staging.fileno(), algorithms)
        blobs.keep(staging, joined.sha256)
    return joined


def measure_blob(blobs: BlobStore, blob: str, *, algorithms: Iterable[str]) -> Joined:
    """Read a blob for its digests."""
    with blobs.open(blob) as source:
        return _measure(source.fileno(), algorithms)


def _copy(source: int, target: int, offset: int, length: int) -> None:
    while length > 0:
        try:
            copied = os.copy_file_range(source, target, length, offset_src=offset)
        except OSError as error:
            if error.errno not in _NO_COPY:
                raise
            copied = os.sendfile(target, source, offset, length)
        if copied == 0:
            raise OSError(errno.EIO, "a blob is shorter than its row says")
        offset += copied
        length -= copied


def _measure(descriptor: int, algorithms: Iterable[str]) -> Joined:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    checksums = {algorithm: new_hasher(algorithm) for algorithm in algorithms}
    size = 0
    while block := os.pread(descriptor, _BLOCK, size):
        size += len(block)
        for hasher in (sha256, md5, *checksums.values()):
            hasher.update(block)
    return Joined(
        sha256=sha256.hexdigest(),
        size=size,
        md5=md5.hexdigest(),
        checksums={name: encode_checksum(hasher.digest()) for name, hasher in checksums.items()},
    )
