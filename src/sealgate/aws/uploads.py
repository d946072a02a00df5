"""Request bodies that become objects: staged, hashed and checked as they arrive, before any handler runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.store.blobs import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A body that has arrived whole and is what its sender signed. Discarded after the handler, unless it was kept.

    Attributes:
        staging: Its bytes, for `BlobStore.keep`.
        size: In bytes.
        sha256: 64 hexadecimal digits.
        md5: 32 hexadecimal digits.
        checksums: By algorithm (`crc32`, `crc32c`, `crc64nvme`, `sha1`, `sha256`) those that the sender gave, in
            base64, all verified.
    """

    staging: Staging
    size: int
    sha256: str
    md5: str
    checksums: Mapping[str, str]
