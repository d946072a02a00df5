"""S3: uploads in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sealgate.aws.api.s3_permissions import OBJECT, READ_SOURCE, WRITE_KEYS, told_to_listers, writing
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import (
    STORAGE_CLASS,
    Encryption,
    SystemHeaders,
    check_owner,
    describe_checksums,
    describe_encryption,
    describe_owner_of,
    describe_version_checksums,
    make_attributes,
    make_conditions,
    parse_algorithm,
    parse_checksums,
    parse_copy_source,
    parse_tagging,
    quoted,
)
from sealgate.aws.context import Call
from sealgate.aws.uploads import Upload
from sealgate.services.objects.completion import Completion, PartClaim
from sealgate.services.objects.errors import InvalidArgument, MalformedRequest
from sealgate.services.objects.multipart import MAX_PARTS_PAGE, UploadName
from sealgate.services.objects.preconditions import WriteConditions
from sealgate.store.uploads import Part

_BEGIN_KEYS = {key: path for key, path in WRITE_KEYS.items() if not key.startswith("s3:if-")}


@s3.operation(instead=writing(_BEGIN_KEYS))
def create_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    acl: str | None = None,
    cache_control: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_type: str | None = None,
    expires: datetime | None = None,
    metadata: Mapping[str, str] | None = None,
    server_side_encryption: str | None = None,
    storage_class: str | None = None,
    website_redirect_location: str | None = None,
    ssekms_key_id: str | None = None,
    bucket_key_enabled: bool | None = None,
    tagging: str | None = None,
    checksum_algorithm: str | None = None,
    checksum_type: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Begin an upload."""
    check_owner(call, bucket, expected_bucket_owner)
    headers = SystemHeaders(
        cache_control, content_disposition, content_encoding, content_language, content_type, expires
    )
    encryption = Encryption(server_side_encryption, ssekms_key_id, bucket_key_enabled)
    attributes = make_attributes(
        headers, encryption, metadata=metadata, redirect=website_redirect_location, storage_class=storage_class, acl=acl
    )
    upload = call.services.objects.multipart.begin(
        call.scope,
        bucket,
        key,
        attributes=attributes,
        tags=parse_tagging(tagging),
        checksum_algorithm=parse_algorithm(checksum_algorithm),
        checksum_type=checksum_type,
    )
    return {
        "Bucket": bucket,
        "Key": key,
        "UploadId": upload.upload_id,
        "ChecksumAlgorithm": checksum_algorithm,
        "ChecksumType": upload.checksum_type if checksum_algorithm else None,
        **describe_encryption(attributes),
    }


@s3.operation(resource=OBJECT)
def upload_part(
    call: Call,
    *,
    body: Upload,
    bucket: str,
    key: str,
    part_number: int,
    upload_id: str,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Add a part."""
    check_owner(call, bucket, expected_bucket_owner)
    name = UploadName(bucket=bucket, key=key, upload_id=upload_id)
    upload, part = call.services.objects.multipart.put_part(call.scope, name, part_number, body)
    return {
        "ETag": quoted(part.md5),
        **describe_checksums(part.checksums),
        **describe_encryption(upload.attributes),
    }


@s3.operation(resource=OBJECT, also=READ_SOURCE)
def upload_part_copy(
    call: Call,
    *,
    bucket: str,
    key: str,
    part_number: int,
    upload_id: str,
    copy_source: str,
    copy_source_if_match: str | None = None,
    copy_source_if_modified_since: datetime | None = None,
    copy_source_if_none_match: str | None = None,
    copy_source_if_unmodified_since: datetime | None = None,
    copy_source_range: str | None = None,
    expected_bucket_owner: str | None = None,
    expected_source_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Add a part that is some of an existing object."""
    check_owner(call, bucket, expected_bucket_owner)
    objects = call.services.objects
    origin = parse_copy_source(copy_source)
    check_owner(call, origin.bucket, expected_source_bucket_owner)
    conditions = make_conditions(
        copy_source_if_match, copy_source_if_none_match, copy_source_if_modified_since, copy_source_if_unmodified_since
    )
    name = UploadName(bucket=bucket, key=key, upload_id=upload_id)
    with told_to_listers(call, origin.bucket):
        source = objects.get_shown(call.scope, origin)
    upload, part = objects.multipart.copy_part(
        call.scope, name, part_number, source.version, byte_range=copy_source_range, conditions=conditions
    )
    return {
        "CopySourceVersionId": source.version_id,
        "CopyPartResult": {
            "ETag": quoted(part.md5),
            "LastModified": part.modified_at,
            **describe_checksums(part.checksums),
        },
        **describe_encryption(upload.attributes),
    }


@s3.operation(resource=OBJECT, keys={"s3:if-match": "if_match", "s3:if-none-match": "if_none_match"})
def complete_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    multipart_upload: Mapping[str, Any] | None = None,
    checksum_crc32: str | None = None,
    checksum_crc32_c: str | None = None,
    checksum_crc64_nvme: str | None = None,
    checksum_sha1: str | None = None,
    checksum_sha256: str | None = None,
    checksum_type: str | None = None,
    mpu_object_size: int | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Make the object of the parts."""
    check_owner(call, bucket, expected_bucket_owner)
    announced = {
        "crc32": checksum_crc32,
        "crc32c": checksum_crc32_c,
        "crc64nvme": checksum_crc64_nvme,
        "sha1": checksum_sha1,
        "sha256": checksum_sha256,
    }
    completion = Completion(
        parts=_parse_parts((multipart_upload or {}).get("Parts", ())),
        checksums={name: value for name, value in announced.items() if value is not None},
        checksum_type=checksum_type,
        size=mpu_object_size,
        conditions=WriteConditions(match=if_match, none_match=if_none_match),
    )
    name = UploadName(bucket=bucket, key=key, upload_id=upload_id)
    version, version_id = call.services.objects.multipart.complete(call.scope, name, completion)
    return {
        "Location": f"{call.endpoint}/{bucket}/{quote(key)}",
        "Bucket": bucket,
        "Key": key,
        "ETag": quoted(version.etag),
        "VersionId": version_id,
        **describe_version_checksums(version),
        **describe_encryption(version.attributes),
    }


@s3.operation(resource=OBJECT)
def abort_multipart_upload(
    call: Call, *, bucket: str, key: str, upload_id: str, expected_bucket_owner: str | None = None
) -> None:
    """Forget an upload."""
    check_owner(call, bucket, expected_bucket_owner)
    name = UploadName(bucket=bucket, key=key, upload_id=upload_id)
    call.services.objects.multipart.abort(call.scope, name)


@s3.operation(resource=OBJECT)
def list_parts(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    max_parts: int | None = None,
    part_number_marker: int | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """List the parts of an upload."""
    check_owner(call, bucket, expected_bucket_owner)
    if max_parts is not None and max_parts < 0:
        raise InvalidArgument("Argument max-parts must not be negative", name="max-parts", value=str(max_parts))
    limit = MAX_PARTS_PAGE if max_parts is None else min(max_parts, MAX_PARTS_PAGE)
    name = UploadName(bucket=bucket, key=key, upload_id=upload_id)
    after = part_number_marker or 0
    page = call.services.objects.multipart.list_parts(call.scope, name, after=after, limit=limit)
    algorithm = page.upload.checksum_algorithm
    owner = describe_owner_of(call, bucket)
    return {
        "Bucket": bucket,
        "Key": key,
        "UploadId": upload_id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page.parts[-1].number if page.parts else 0,
        "MaxParts": limit,
        "IsTruncated": page.is_truncated and limit > 0,
        "Parts": [_describe_part(part) for part in page.parts],
        "Initiator": owner,
        "Owner": owner,
        "StorageClass": STORAGE_CLASS,
        "ChecksumAlgorithm": algorithm.upper() if algorithm else None,
        "ChecksumType": page.upload.checksum_type if algorithm else None,
    }


def _parse_parts(parts: Sequence[Mapping[str, Any]]) -> list[PartClaim]:
    if any("PartNumber" not in part or "ETag" not in part for part in parts):
        raise MalformedRequest
    return [PartClaim(number=part["PartNumber"], etag=part["ETag"], checksums=parse_checksums(part)) for part in parts]


def _describe_part(part: Part) -> dict[str, Any]:
    return {
        "PartNumber": part.number,
        "LastModified": part.modified_at,
        "ETag": quoted(part.md5),
        "Size": part.size,
        **describe_checksums(part.checksums),
    }
