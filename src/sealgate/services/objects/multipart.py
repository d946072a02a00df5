"""Uploads in parts: begun, filled in any order by several at once, then completed or aborted.

Each part is a blob of its own; completing joins them into one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sealgate.clock import Clock
from sealgate.services.objects.buckets import get_bucket
from sealgate.services.objects.byte_ranges import ByteRange, parse_copy_range
from sealgate.services.objects.checksums import (
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    choose_type,
    composite_checksum,
    composite_etag,
)
from sealgate.services.objects.completion import Completion, choose_parts, verify_announced
from sealgate.services.objects.content import Joined, Piece, Upload, join_pieces
from sealgate.services.objects.errors import (
    InvalidArgument,
    InvalidRequest,
    NoSuchUpload,
)
from sealgate.services.objects.preconditions import ReadConditions, verify_copy, verify_write
from sealgate.services.objects.rules import verify_content_size, verify_key, verify_metadata, verify_tags
from sealgate.services.objects.versions import (
    Content,
    add_version,
    find_current,
    shown_version,
)
from sealgate.services.scope import Scope
from sealgate.store import uploads as store
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database, Tx
from sealgate.store.objects import Attributes, ObjectVersion
from sealgate.store.uploads import MultipartUpload, Part

MAX_PART_NUMBER = 10_000
MAX_PARTS_PAGE = 1000

_RANDOM_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadName:
    """A multipart upload, as its uploader names it."""

    bucket: str
    key: str
    upload_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsPage:
    """Some parts of an upload, in order, and whether there are more."""

    upload: MultipartUpload
    parts: tuple[Part, ...]
    is_truncated: bool


class MultipartService:
    """The multipart uploads of all buckets."""

    def __init__(self, *, db: Database, blobs: BlobStore, clock: Clock) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock

    def begin(
        self,
        scope: Scope,
        bucket: str,
        key: str,
        *,
        attributes: Attributes,
        tags: Mapping[str, str],
        checksum_algorithm: str | None = None,
        checksum_type: str | None = None,
    ) -> MultipartUpload:
        """Begin an upload.

        Args:
            scope: Whose object it will be.
            bucket: The bucket's name.
            key: Up to 1,024 bytes of UTF-8.
            attributes: The object's.
            tags: The object's.
            checksum_algorithm: What every part has to carry, one of `ALGORITHMS`; None leaves it to them.
            checksum_type: `FULL_OBJECT` or `COMPOSITE`; None for the algorithm's own.

        Raises:
            InvalidRequest: Algorithm and type do not go together.
            KeyTooLong, MetadataTooLarge, InvalidTag, TooManyTags: A limit is exceeded.
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        verify_key(key)
        verify_metadata(attributes.metadata)
        verify_tags(tags)
        kind = choose_type(checksum_algorithm, checksum_type)
        now = self._clock()
        upload = MultipartUpload(
            upload_id=f"{int(now.timestamp() * 1_000_000):014x}{secrets.token_hex(_RANDOM_BYTES)}",
            bucket=bucket,
            key=key,
            initiated_at=now.replace(microsecond=0),
            attributes=attributes,
            tags=tags,
            checksum_algorithm=checksum_algorithm,
            checksum_type=kind,
        )
        with self._db.write() as tx:
            get_bucket(tx, scope, bucket)
            store.uploads.insert(tx, upload)
        return upload

    def put_part(self, scope: Scope, name: UploadName, number: int, body: Upload) -> tuple[MultipartUpload, Part]:
        """Add a part, or replace the one of this number.

        Raises:
            InvalidArgument: The number is not from 1 to 10,000.
            ObjectTooLarge: The part has more than 5 GiB.
            InvalidRequest: The part has not the checksum that the upload was begun with.
            NoSuchUpload, NoSuchBucket, WrongRegion: There is no such upload.
        """
        _verify_number(number)
        verify_content_size(body.size)
        upload = self._find(scope, name)
        algorithm = upload.checksum_algorithm
        if algorithm is not None and algorithm not in body.checksums:
            raise InvalidRequest(
                f"Checksum Type mismatch occurred, expected checksum Type: {algorithm}, "
                f"actual checksum Type: {next(iter(body.checksums), 'null')}"
            )
        self._blobs.keep(body.staging, body.sha256)
        content = Joined(sha256=body.sha256, size=body.size, md5=body.md5, checksums=body.checksums)
        return upload, self._store_part(scope, name, number, content)

    def copy_part(
        self,
        scope: Scope,
        name: UploadName,
        number: int,
        source: ObjectVersion,
        *,
        byte_range: str | None,
        conditions: ReadConditions,
    ) -> tuple[MultipartUpload, Part]:
        """Add a part that is some of an existing object.

        Args:
            scope: Whose upload it is.
            name: The upload.
            number: The part's.
            source: What is copied, as `ObjectService.get_version` answered it.
            byte_range: `bytes=first-last`; None copies everything.
            conditions: What must hold of the source.

        Raises:
            InvalidArgument: The number or the range cannot be used.
            ObjectTooLarge: The part has more than 5 GiB.
            ConditionFailed: A condition does not hold.
            NoSuchUpload, NoSuchBucket, WrongRegion: There is no such upload.
        """
        _verify_number(number)
        upload = self._find(scope, name)
        verify_copy(conditions, source)
        wanted = ByteRange(offset=0, length=source.size)
        if byte_range is not None:
            wanted = parse_copy_range(byte_range, source.size)
        verify_content_size(wanted.length)
        piece = Piece(blob=source.blob, offset=wanted.offset, length=wanted.length)
        algorithms = () if upload.checksum_algorithm is None else (upload.checksum_algorithm,)
        content = join_pieces(self._blobs, [piece], algorithms=algorithms)
        return upload, self._store_part(scope, name, number, content)

    def complete(self, scope: Scope, name: UploadName, completion: Completion) -> tuple[ObjectVersion, str | None]:
        """Make the object: one version whose content is the parts in order.

        The joining, which takes long for large objects, happens outside the transaction; if the upload changed
        meanwhile, nothing is written. Answers the version and its id as callers see it.

        Raises:
            MalformedRequest, InvalidPartOrder, InvalidPart, PartTooSmall, InvalidRequest: The parts do not make an
                object.
            ContentMismatch: The object has another checksum or size than announced.
            ConditionFailed, NoSuchKey: A condition does not hold; the upload stays open.
            NoSuchUpload, NoSuchBucket, WrongRegion: There is no such upload.
        """
        upload = self._find(scope, name)
        with self._db.read() as tx:
            chosen = choose_parts(store.list_parts(tx, upload.upload_id), upload, completion.parts)
        content = self._join(upload, chosen)
        verify_announced(completion, content)
        with self._db.write() as tx:
            bucket = get_bucket(tx, scope, name.bucket)
            _get_upload(tx, name)
            present = {part.number: part for part in store.list_parts(tx, upload.upload_id)}
            if any(present.get(part.number) != part for part in chosen):
                raise NoSuchUpload(name.upload_id)
            verify_write(completion.conditions, name.key, find_current(tx, bucket, name.key))
            version = add_version(
                tx,
                bucket,
                name.key,
                content,
                now=self._clock(),
                attributes=upload.attributes,
                tags=upload.tags,
                modified_at=upload.initiated_at,
            )
            store.drop_upload(tx, upload.upload_id)
        return version, shown_version(bucket, version)

    def abort(self, scope: Scope, name: UploadName) -> None:
        """Forget an upload and its parts.

        Raises:
            NoSuchUpload, NoSuchBucket, WrongRegion: There is no such upload.
        """
        with self._db.write() as tx:
            get_bucket(tx, scope, name.bucket)
            store.drop_upload(tx, _get_upload(tx, name).upload_id)

    def list_parts(self, scope: Scope, name: UploadName, *, after: int = 0, limit: int = MAX_PARTS_PAGE) -> PartsPage:
        """Answer an upload's parts by number, those after `after`.

        Raises:
            NoSuchUpload, NoSuchBucket, WrongRegion: There is no such upload.
        """
        with self._db.read() as tx:
            get_bucket(tx, scope, name.bucket)
            upload = _get_upload(tx, name)
            found = store.list_parts(tx, upload.upload_id, after=after, limit=limit + 1)
        return PartsPage(upload=upload, parts=tuple(found[:limit]), is_truncated=len(found) > limit)

    def _find(self, scope: Scope, name: UploadName) -> MultipartUpload:
        with self._db.read() as tx:
            get_bucket(tx, scope, name.bucket)
            return _get_upload(tx, name)

    def _store_part(self, scope: Scope, name: UploadName, number: int, content: Joined) -> Part:
        part = Part(
            upload_id=name.upload_id,
            number=number,
            blob=content.sha256,
            size=content.size,
            md5=content.md5,
            checksums=content.checksums,
            modified_at=self._clock().replace(microsecond=0),
        )
        with self._db.write() as tx:
            get_bucket(tx, scope, name.bucket)
            _get_upload(tx, name)
            store.put_part(tx, part)
        return part

    def _join(self, upload: MultipartUpload, parts: Sequence[Part]) -> Content:
        full = upload.checksum_type == FULL_OBJECT
        algorithm = upload.checksum_algorithm or DEFAULT_ALGORITHM
        pieces = (Piece(blob=part.blob, offset=0, length=part.size) for part in parts)
        joined = join_pieces(self._blobs, pieces, algorithms=(algorithm,) if full else ())
        checksums = joined.checksums
        if not full:
            checksums = {algorithm: composite_checksum(algorithm, (part.checksums[algorithm] for part in parts))}
        return Content(
            blob=joined.sha256,
            size=joined.size,
            etag=composite_etag(part.md5 for part in parts),
            checksums=checksums,
            checksum_type=upload.checksum_type,
            part_sizes=tuple(part.size for part in parts),
        )


def _get_upload(tx: Tx, name: UploadName) -> MultipartUpload:
    upload = store.uploads.find(tx, upload_id=name.upload_id)
    if upload is None or (upload.bucket, upload.key) != (name.bucket, name.key):
        raise NoSuchUpload(name.upload_id)
    return upload


def _verify_number(number: int) -> None:
    if not 1 <= number <= MAX_PART_NUMBER:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive",
            name="partNumber",
            value=str(number),
        )
