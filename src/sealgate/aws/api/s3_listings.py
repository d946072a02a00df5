"""S3: what is in a bucket."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.s3_permissions import BUCKET, LIST_KEYS
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import (
    STORAGE_CLASS,
    check_owner,
    describe_owner_of,
    encode_text,
    list_algorithms,
    quoted,
)
from sealgate.aws.context import Call
from sealgate.services.objects.errors import InvalidArgument
from sealgate.services.objects.listings import MAX_KEYS, Listing, Query
from sealgate.store.objects import ObjectVersion
from sealgate.store.uploads import MultipartUpload

_MAX_INTEGER = (1 << 31) - 1


@s3.operation(resource=BUCKET, keys=LIST_KEYS)
def list_objects_v2(
    call: Call,
    *,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    continuation_token: str | None = None,
    fetch_owner: bool = False,
    start_after: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """List the objects that are not deleted."""
    check_owner(call, bucket, expected_bucket_owner)
    query = _query(prefix, delimiter, max_keys, start_after)
    page, token = call.services.objects.listings.objects(call.scope, bucket, query, token=continuation_token)
    owner = describe_owner_of(call, bucket) if fetch_owner else None
    return {
        **_describe_page(bucket, query, page, encoding_type),
        "MaxKeys": query.limit,
        "KeyCount": len(page.items) + len(page.prefixes),
        "Contents": [_describe_object(version, encoding_type, owner) for version in page.items],
        "ContinuationToken": continuation_token,
        "NextContinuationToken": token,
        "StartAfter": encode_text(start_after, encoding_type),
    }


@s3.operation(resource=BUCKET, keys=LIST_KEYS)
def list_objects(
    call: Call,
    *,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    marker: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """List the objects that are not deleted, the older way: by a marker instead of a token."""
    check_owner(call, bucket, expected_bucket_owner)
    query = _query(prefix, delimiter, max_keys, marker)
    page, _ = call.services.objects.listings.objects(call.scope, bucket, query)
    following = page.last_key if page.is_truncated and delimiter else None
    owner = describe_owner_of(call, bucket)
    return {
        **_describe_page(bucket, query, page, encoding_type),
        "MaxKeys": query.limit,
        "Marker": encode_text(query.after, encoding_type),
        "NextMarker": encode_text(following, encoding_type),
        "Contents": [_describe_object(version, encoding_type, owner) for version in page.items],
    }


@s3.operation(resource=BUCKET, keys=LIST_KEYS)
def list_object_versions(
    call: Call,
    *,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    version_id_marker: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """List all versions and delete markers."""
    check_owner(call, bucket, expected_bucket_owner)
    if version_id_marker and not key_marker:
        raise InvalidArgument(
            "A version-id marker cannot be specified without a key marker.",
            name="version-id-marker",
            value=version_id_marker,
        )
    query = _query(prefix, delimiter, max_keys, key_marker)
    page = call.services.objects.listings.versions(call.scope, bucket, query, version_id=version_id_marker or None)
    last = page.last if page.is_truncated else None
    owner = describe_owner_of(call, bucket)
    return {
        **_describe_page(bucket, query, page, encoding_type),
        "MaxKeys": query.limit,
        "KeyMarker": encode_text(query.after, encoding_type),
        "VersionIdMarker": version_id_marker or "",
        "NextKeyMarker": encode_text(page.last_key if page.is_truncated else None, encoding_type),
        "NextVersionIdMarker": last.version_id if isinstance(last, ObjectVersion) else None,
        "Versions": [_describe_version(v, encoding_type, owner) for v in page.items if not v.is_delete_marker],
        "DeleteMarkers": [_describe_marker(v, encoding_type, owner) for v in page.items if v.is_delete_marker],
    }


@s3.operation(resource=BUCKET)
def list_multipart_uploads(
    call: Call,
    *,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    key_marker: str | None = None,
    max_uploads: int | None = None,
    prefix: str | None = None,
    upload_id_marker: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """List the uploads that are neither completed nor aborted."""
    check_owner(call, bucket, expected_bucket_owner)
    query = _query(prefix, delimiter, max_uploads, key_marker)
    page = call.services.objects.listings.uploads(call.scope, bucket, query, upload_id=upload_id_marker or None)
    last = page.last if page.is_truncated else None
    members = _describe_page(bucket, query, page, encoding_type)
    owner = describe_owner_of(call, bucket)
    return {
        **{name: value for name, value in members.items() if name != "Name"},
        "Bucket": bucket,
        "MaxUploads": query.limit,
        "KeyMarker": encode_text(query.after, encoding_type),
        "UploadIdMarker": upload_id_marker or "",
        "NextKeyMarker": encode_text(page.last_key if page.is_truncated else None, encoding_type),
        "NextUploadIdMarker": last.upload_id if isinstance(last, MultipartUpload) else None,
        "Uploads": [_describe_upload(upload, encoding_type, owner) for upload in page.items],
    }


def _query(prefix: str | None, delimiter: str | None, limit: int | None, after: str | None) -> Query:
    if limit is not None and not 0 <= limit <= _MAX_INTEGER:
        raise InvalidArgument(
            f"Argument maxKeys must be an integer between 0 and {_MAX_INTEGER}", name="maxKeys", value=str(limit)
        )
    count = MAX_KEYS if limit is None else min(limit, MAX_KEYS)
    return Query(prefix=prefix or "", delimiter=delimiter or "", limit=count, after=after or "")


def _describe_page(bucket: str, query: Query, page: Listing[Any], encoding_type: str | None) -> dict[str, Any]:
    return {
        "Name": bucket,
        "Prefix": encode_text(query.prefix, encoding_type),
        "Delimiter": encode_text(query.delimiter or None, encoding_type),
        "EncodingType": encoding_type,
        "IsTruncated": page.is_truncated,
        "CommonPrefixes": [{"Prefix": encode_text(prefix, encoding_type)} for prefix in page.prefixes],
    }


def _describe_object(version: ObjectVersion, encoding_type: str | None, owner: dict[str, str] | None) -> dict[str, Any]:
    return {
        "Key": encode_text(version.key, encoding_type),
        "LastModified": version.modified_at,
        "ETag": quoted(version.etag),
        "ChecksumAlgorithm": list_algorithms(version.checksums),
        "ChecksumType": version.checksum_type,
        "Size": version.size,
        "StorageClass": STORAGE_CLASS,
        "Owner": owner,
    }


def _describe_version(version: ObjectVersion, encoding_type: str | None, owner: dict[str, str]) -> dict[str, Any]:
    return {
        **_describe_object(version, encoding_type, owner),
        "VersionId": version.version_id,
        "IsLatest": version.is_latest,
    }


def _describe_marker(version: ObjectVersion, encoding_type: str | None, owner: dict[str, str]) -> dict[str, Any]:
    return {
        "Key": encode_text(version.key, encoding_type),
        "VersionId": version.version_id,
        "IsLatest": version.is_latest,
        "LastModified": version.modified_at,
        "Owner": owner,
    }


def _describe_upload(upload: MultipartUpload, encoding_type: str | None, owner: dict[str, str]) -> dict[str, Any]:
    algorithm = upload.checksum_algorithm
    return {
        "Key": encode_text(upload.key, encoding_type),
        "UploadId": upload.upload_id,
        "Initiated": upload.initiated_at,
        "StorageClass": STORAGE_CLASS,
        "Owner": owner,
        "Initiator": owner,
        "ChecksumAlgorithm": algorithm.upper() if algorithm else None,
        "ChecksumType": upload.checksum_type if algorithm else None,
    }
