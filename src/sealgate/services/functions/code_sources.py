"""Where a function's code comes from: the request itself, or a stored object."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sealgate.package.source import BytesSource, Source
from sealgate.services.functions.errors import SourceNotReadable, UploadTooLarge
from sealgate.services.objects.errors import (
    IsDeleteMarker,
    NoSuchBucket,
    NoSuchKey,
    NoSuchVersion,
    WrongRegion,
)
from sealgate.services.objects.service import ObjectService
from sealgate.services.scope import Scope
from sealgate.store.blobs import BlobStore

MAX_UPLOAD = 52_428_800
"""Bytes of a package sent in the request itself (Lambda quotas: 50 MB, zipped, for direct upload)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipUpload:
    """A package sent in the request."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """A package in a bucket; the newest version where none is named."""

    bucket: str
    key: str
    version: str | None


CodeSource = ZipUpload | StoredObject


class Candidate:
    """A package that may become a function's code. Its bytes cannot change.

    Attributes:
        source: The bytes.
        sha256: Their name as a blob, 64 hexadecimal digits.
        size: Their number.
    """

    def __init__(self, source: Source, sha256: str) -> None:
        self.source = source
        self.sha256 = sha256
        self.size = source.size

    def keep(self) -> None:
        """Make the bytes durable as a blob, if they are not yet; stored objects are."""


class UploadedCandidate(Candidate):
    """A package that exists in memory only, until it is kept: what is refused never reaches the disk."""

    def __init__(self, data: bytes, blobs: BlobStore) -> None:
        super().__init__(BytesSource(data), hashlib.sha256(data).hexdigest())
        self._data = data
        self._blobs = blobs
        self._kept = False

    def keep(self) -> None:
        """Write the bytes as a blob; the second call does nothing."""
        if self._kept:
            return
        with self._blobs.stage() as staging:
            staging.write(self._data)
            self._blobs.keep(staging, self.sha256)
        self._kept = True


class CodeSources:
    """Opens packages."""

    def __init__(self, *, objects: ObjectService, blobs: BlobStore) -> None:
        self._objects = objects
        self._blobs = blobs

    @contextmanager
    def open(self, scope: Scope, source: CodeSource) -> Iterator[Candidate]:
        """Open a package for judging it.

        A stored object is looked up once; a newer version that appears meanwhile changes nothing.

        Raises:
            UploadTooLarge: A package in the request is too large for that.
            SourceNotReadable: There is no such bucket, key or version for this caller.
        """
        if isinstance(source, ZipUpload):
            if len(source.data) > MAX_UPLOAD:
                raise UploadTooLarge(MAX_UPLOAD)
            yield UploadedCandidate(source.data, self._blobs)
            return
        blob = self._find_blob(scope, source)
        with self._blobs.open(blob) as file:
            yield Candidate(file, blob)

    def _find_blob(self, scope: Scope, source: StoredObject) -> str:
        try:
            return self._objects.get_version(scope, source.bucket, source.key, source.version).blob
        except (NoSuchBucket, NoSuchKey, NoSuchVersion) as error:
            raise SourceNotReadable(code=error.reason, text=error.message) from error
        except IsDeleteMarker as error:
            raise SourceNotReadable(code="MethodNotAllowed", text=error.message) from error
        except WrongRegion as error:
            text = f"The bucket is in this region: {error.region}. Please use this region to retry the request"
            raise SourceNotReadable(code="PermanentRedirect", text=text) from error
