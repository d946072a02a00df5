"""Objects: versioned content in buckets.

The content is a blob of the blob store, made durable before the row that refers to it; what an object is, is the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sealgate.clock import Clock
from sealgate.errors import SealgateError
from sealgate.services.objects.buckets import BucketService, get_bucket
from sealgate.services.objects.byte_ranges import ByteRange, parse_range
from sealgate.services.objects.content import Upload, measure_blob
from sealgate.services.objects.errors import InvalidPartNumber, InvalidRequest, ObjectTooLarge
from sealgate.services.objects.listings import ListingService
from sealgate.services.objects.multipart import MultipartService
from sealgate.services.objects.policies import BucketPolicyService
from sealgate.services.objects.preconditions import (
    ReadConditions,
    WriteConditions,
    verify_copy,
    verify_read,
    verify_write,
)
from sealgate.services.objects.rules import (
    MAX_PUT_BYTES,
    verify_content_size,
    verify_key,
    verify_metadata,
    verify_tags,
)
from sealgate.services.objects.settings import BucketSettingService
from sealgate.services.objects.versions import (
    Content,
    Deletion,
    add_version,
    delete_key,
    delete_version,
    find_current,
    get_version,
    shown_version,
)
from sealgate.services.scope import Scope
from sealgate.store import objects as store
from sealgate.store.blobs import BlobStore, Staging
from sealgate.store.database import Database, Tx
from sealgate.store.objects import Attributes, Bucket, ObjectVersion

NO_CONDITIONS = ReadConditions()
UNCONDITIONAL = WriteConditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectName:
    """An object, and one version of it where that is meant."""

    bucket: str
    key: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version, and its id as callers see it: None in a bucket that never kept versions."""

    version: ObjectVersion
    version_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a reader gets.

    Attributes:
        version: The version.
        version_id: Its id, as callers see it.
        content: The bytes of it.
        is_partial: Whether a part was asked for, even if that turns out to be all.
        parts_count: How many parts the object was uploaded in, where one of them was asked for.
    """

    version: ObjectVersion
    version_id: str | None
    content: ByteRange
    is_partial: bool = False
    parts_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A finished copy: what was written, and the source's version id as callers see it."""

    target: VersionView
    source_version_id: str | None


class ObjectService:
    """The objects of all buckets.

    Attributes:
        buckets: The buckets themselves.
        listings: What is in them.
        multipart: Uploads in parts.
        policies: Who may do what with a bucket.
        settings: What else is said of a bucket.
    """

    def __init__(self, *, db: Database, blobs: BlobStore, clock: Clock) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self.buckets = BucketService(db=db, clock=clock)
        self.listings = ListingService(db=db)
        self.multipart = MultipartService(db=db, blobs=blobs, clock=clock)
        self.policies = BucketPolicyService(db=db)
        self.settings = BucketSettingService(db=db)

    # For other services.

    def get_version(self, scope: Scope, bucket: str, key: str, version_id: str | None = None) -> ObjectVersion:
        """Answer the version named, or what the key means now; never a delete marker.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used (`get_bucket`).
            NoSuchKey: The key means nothing now.
            NoSuchVersion: The key has no such version.
            IsDeleteMarker: The version named is a delete marker.
        """
        with self._db.read() as tx:
            return get_version(tx, get_bucket(tx, scope, bucket), key, version_id)

    def is_versioned(self, scope: Scope, bucket: str) -> bool:
        """Tell whether a bucket has kept versions at some time, and so has versions that can be named.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        return self.buckets.get(scope, bucket).versioning != "Unset"

    def add_version(
        self,
        tx: Tx,
        scope: Scope,
        bucket: str,
        key: str,
        *,
        blob: str,
        size: int,
        md5: str,
        content_type: str,
    ) -> ObjectVersion:
        """Write a kept blob as a new version, inside the caller's write transaction.

        Args:
            tx: The caller's write transaction.
            scope: Whose object it is.
            bucket: The bucket's name.
            key: Up to 1,024 bytes of UTF-8.
            blob: The SHA-256 of content that the blob store has kept.
            size: The content's size in bytes.
            md5: The content's MD5 in hexadecimal.
            content_type: The content's media type.

        Raises:
            KeyTooLong, Invalid: The key cannot be used.
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        verify_key(key)
        content = Content(blob=blob, size=size, etag=md5)
        attributes = Attributes(content_type=content_type)
        return add_version(tx, get_bucket(tx, scope, bucket), key, content, now=self._clock(), attributes=attributes)

    # Writing.

    def stage(self) -> Staging:
        """Begin a file in the blob store for a body that is arriving; who asked for it discards it."""
        return self._blobs.stage()

    def put(
        self,
        scope: Scope,
        bucket: str,
        key: str,
        upload: Upload,
        *,
        attributes: Attributes,
        tags: Mapping[str, str],
        conditions: WriteConditions = UNCONDITIONAL,
    ) -> VersionView:
        """Write a received body as a new version.

        Raises:
            KeyTooLong, ObjectTooLarge, MetadataTooLarge, InvalidTag, TooManyTags: A limit is exceeded.
            ConditionFailed, NoSuchKey: A condition does not hold; nothing is written.
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        verify_key(key)
        verify_content_size(upload.size)
        verify_metadata(attributes.metadata)
        verify_tags(tags)
        self.buckets.get(scope, bucket)
        content = Content.whole(blob=upload.sha256, size=upload.size, md5=upload.md5, checksums=upload.checksums)
        self._blobs.keep(upload.staging, upload.sha256)
        with self._db.write() as tx:
            place = get_bucket(tx, scope, bucket)
            verify_write(conditions, key, find_current(tx, place, key))
            version = add_version(tx, place, key, content, now=self._clock(), attributes=attributes, tags=tags)
        return VersionView(version=version, version_id=shown_version(place, version))

    def copy(
        self,
        scope: Scope,
        source: ObjectName,
        target: ObjectName,
        *,
        attributes: Attributes,
        keep_metadata: bool,
        tags: Mapping[str, str] | None,
        checksum_algorithm: str | None = None,
        source_conditions: ReadConditions = NO_CONDITIONS,
        conditions: WriteConditions = UNCONDITIONAL,
    ) -> Copied:
        """Write the content of one object as a new version of another; the bytes are shared, not copied.

        Args:
            scope: Whose objects they are.
            source: What is copied.
            target: Where to; its version id is not looked at.
            attributes: The new version's.
            keep_metadata: Take over the source's attributes, but for encryption and redirection, which are never.
            tags: The new version's; None takes over the source's.
            checksum_algorithm: The checksum that the copy is to have; None takes over the source's.
            source_conditions: What must hold of the source.
            conditions: What must hold of the target.

        Raises:
            InvalidRequest: The object would be copied to itself and nothing changed.
            ObjectTooLarge: The source has more than 5 GiB.
            NoSuchBucket, NoSuchKey, NoSuchVersion, IsDeleteMarker, ConditionFailed: As for a read and a write.
        """
        verify_key(target.key)
        verify_metadata(attributes.metadata)
        verify_tags(tags or {})
        if keep_metadata and source == replace(target, version_id=None):
            _verify_changes(attributes)
        original = self.get_version(scope, source.bucket, source.key, source.version_id)
        verify_copy(source_conditions, original)
        content = self._copied_content(original, checksum_algorithm)
        with self._db.write() as tx:
            origin = get_bucket(tx, scope, source.bucket)
            # Once more, so that the blob is referred to when the copy begins to refer to it.
            get_version(tx, origin, source.key, original.version_id)
            place = get_bucket(tx, scope, target.bucket)
            verify_write(conditions, target.key, find_current(tx, place, target.key))
            version = add_version(
                tx,
                place,
                target.key,
                content,
                now=self._clock(),
                attributes=_kept(original.attributes, attributes) if keep_metadata else attributes,
                tags=original.tags if tags is None else tags,
            )
        made = VersionView(version=version, version_id=shown_version(place, version))
        return Copied(target=made, source_version_id=shown_version(origin, original))

    def _copied_content(self, original: ObjectVersion, algorithm: str | None) -> Content:
        # A copy is an object in one piece: it has the MD5 and the checksum of the whole.
        if original.size > MAX_PUT_BYTES:
            raise ObjectTooLarge(size=original.size, limit=MAX_PUT_BYTES)
        wanted = tuple(original.checksums) if algorithm is None else (algorithm,)
        md5, checksums = original.etag, {name: original.checksums.get(name, "") for name in wanted}
        if original.part_sizes or not all(checksums.values()):
            measured = measure_blob(self._blobs, original.blob, algorithms=wanted)
            md5, checksums = measured.md5, dict(measured.checksums)
        return Content.whole(blob=original.blob, size=original.size, md5=md5, checksums=checksums)

    # Reading.

    def select(
        self,
        scope: Scope,
        name: ObjectName,
        *,
        conditions: ReadConditions = NO_CONDITIONS,
        byte_range: str | None = None,
        part: int | None = None,
    ) -> Selection:
        """Answer which bytes of which version a reader gets; `path` says where they are.

        Args:
            scope: Whose object it is.
            name: The object.
            conditions: What must hold of it.
            byte_range: A `Range` header.
            part: One part of a multipart upload, from 1; an object in one piece is its part 1.

        Raises:
            ConditionFailed, NotModified: A condition does not hold.
            RangeNotSatisfiable, InvalidPartNumber: There are no such bytes.
            InvalidRequest: Both a range and a part are asked for.
            NoSuchBucket, NoSuchKey, NoSuchVersion, IsDeleteMarker: As `get_version`.
        """
        if byte_range is not None and part is not None:
            raise InvalidRequest("Cannot specify both Range header and partNumber query parameter")
        with self._db.read() as tx:
            bucket = get_bucket(tx, scope, name.bucket)
            version = get_version(tx, bucket, name.key, name.version_id)
        shown = shown_version(bucket, version)
        verify_read(conditions, version, version_id=shown)
        if part is not None:
            return _select_part(version, shown, part)
        wanted = None if byte_range is None else parse_range(byte_range, version.size)
        content = wanted or ByteRange(offset=0, length=version.size)
        return Selection(version=version, version_id=shown, content=content, is_partial=wanted is not None)

    def path(self, version: ObjectVersion) -> Path:
        """Answer the file that holds a version's content."""
        return self._blobs.path(version.blob)

    # Deleting.

    def delete(self, scope: Scope, name: ObjectName) -> Deletion:
        """Delete a key, or one version of it; what is not there is no error.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        with self._db.write() as tx:
            return self._delete(tx, get_bucket(tx, scope, name.bucket), name)

    def delete_many(self, scope: Scope, bucket: str, names: Iterable[ObjectName]) -> list[Deletion | SealgateError]:
        """Delete several, each for itself; a name that cannot be used becomes an error in the answer.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        with self._db.write() as tx:
            place = get_bucket(tx, scope, bucket)
            return [self._try_delete(tx, place, name) for name in names]

    def _try_delete(self, tx: Tx, bucket: Bucket, name: ObjectName) -> Deletion | SealgateError:
        try:
            return self._delete(tx, bucket, name)
        except SealgateError as error:
            return error

    def _delete(self, tx: Tx, bucket: Bucket, name: ObjectName) -> Deletion:
        verify_key(name.key)
        if name.version_id is not None:
            return delete_version(tx, bucket, name.key, name.version_id)
        return delete_key(tx, bucket, name.key, now=self._clock())

    # Tags.

    def get_shown(self, scope: Scope, name: ObjectName) -> VersionView:
        """Answer a version, and its id as callers see it. Raises as `get_version`."""
        with self._db.read() as tx:
            bucket = get_bucket(tx, scope, name.bucket)
            version = get_version(tx, bucket, name.key, name.version_id)
        return VersionView(version=version, version_id=shown_version(bucket, version))

    def set_tags(self, scope: Scope, name: ObjectName, tags: Mapping[str, str]) -> VersionView:
        """Replace a version's tags; an empty map removes them all.

        Raises:
            InvalidTag, TooManyTags: A tag breaks a rule.
            NoSuchBucket, NoSuchKey, NoSuchVersion, IsDeleteMarker: As `get_version`.
        """
        verify_tags(tags)
        with self._db.write() as tx:
            bucket = get_bucket(tx, scope, name.bucket)
            version = replace(get_version(tx, bucket, name.key, name.version_id), tags=dict(tags))
            store.versions.replace(tx, version)
        return VersionView(version=version, version_id=shown_version(bucket, version))


def _verify_changes(attributes: Attributes) -> None:
    if attributes.encryption is None and attributes.website_redirect is None:
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _kept(source: Attributes, asked: Attributes) -> Attributes:
    return replace(
        source,
        encryption=asked.encryption,
        encryption_key=asked.encryption_key,
        bucket_key=asked.bucket_key,
        website_redirect=asked.website_redirect,
    )


def _select_part(version: ObjectVersion, shown: str | None, part: int) -> Selection:
    sizes = version.part_sizes or (version.size,)
    if not 1 <= part <= len(sizes):
        raise InvalidPartNumber(part, count=len(sizes))
    return Selection(
        version=version,
        version_id=shown,
        content=ByteRange(offset=sum(sizes[: part - 1]), length=sizes[part - 1]),
        is_partial=version.size > 0,
        parts_count=len(version.part_sizes) or None,
    )
