"""S3: objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sealgate.aws.api.s3_permissions import (
    COPY_KEYS,
    DELETE_EACH,
    READ_SOURCE,
    WRITE_KEYS,
    by_version,
    demand_tags_of,
    find_denial,
    told_to_listers,
    writing,
)
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import (
    Encryption,
    SystemHeaders,
    check_owner,
    describe_attributes,
    describe_encryption,
    describe_version_checksums,
    make_attributes,
    make_conditions,
    name_object,
    parse_algorithm,
    parse_copy_source,
    parse_tagging,
    quoted,
)
from sealgate.aws.context import Call
from sealgate.aws.errors import wire_error
from sealgate.aws.faults import UnsupportedMember
from sealgate.aws.reply import FileBody, Reply
from sealgate.aws.uploads import Upload
from sealgate.errors import SealgateError
from sealgate.services.objects.errors import InvalidArgument, MalformedRequest
from sealgate.services.objects.preconditions import WriteConditions
from sealgate.services.objects.service import Copied, ObjectName, Selection
from sealgate.services.objects.versions import Deletion

MAX_BATCH = 1000
_PARTIAL_CONTENT = 206


@s3.operation(instead=writing(WRITE_KEYS))
def put_object(
    call: Call,
    *,
    body: Upload,
    bucket: str,
    key: str,
    acl: str | None = None,
    cache_control: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_type: str | None = None,
    expires: datetime | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    metadata: Mapping[str, str] | None = None,
    server_side_encryption: str | None = None,
    storage_class: str | None = None,
    website_redirect_location: str | None = None,
    ssekms_key_id: str | None = None,
    bucket_key_enabled: bool | None = None,
    tagging: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Write an object."""
    check_owner(call, bucket, expected_bucket_owner)
    headers = SystemHeaders(
        cache_control, content_disposition, content_encoding, content_language, content_type, expires
    )
    encryption = Encryption(server_side_encryption, ssekms_key_id, bucket_key_enabled)
    attributes = make_attributes(
        headers, encryption, metadata=metadata, redirect=website_redirect_location, storage_class=storage_class, acl=acl
    )
    conditions = WriteConditions(match=if_match, none_match=if_none_match)
    written = call.services.objects.put(
        call.scope, bucket, key, body, attributes=attributes, tags=parse_tagging(tagging), conditions=conditions
    )
    return {
        "ETag": quoted(written.version.etag),
        "VersionId": written.version_id,
        **describe_version_checksums(written.version),
        **describe_encryption(attributes),
    }


@s3.operation(instead=by_version("s3:GetObject"))
def get_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    if_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_none_match: str | None = None,
    if_unmodified_since: datetime | None = None,
    range: str | None = None,  # noqa: A002 - the member's name
    response_cache_control: str | None = None,
    response_content_disposition: str | None = None,
    response_content_encoding: str | None = None,
    response_content_language: str | None = None,
    response_content_type: str | None = None,
    response_expires: datetime | None = None,
    version_id: str | None = None,
    part_number: int | None = None,
    expected_bucket_owner: str | None = None,
    checksum_mode: str | None = None,
) -> Reply:
    """Read an object."""
    check_owner(call, bucket, expected_bucket_owner)
    objects = call.services.objects
    conditions = make_conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
    name = name_object(bucket, key, version_id)
    with told_to_listers(call, bucket):
        selection = objects.select(call.scope, name, conditions=conditions, byte_range=range, part=part_number)
    asked = {
        "CacheControl": response_cache_control,
        "ContentDisposition": response_content_disposition,
        "ContentEncoding": response_content_encoding,
        "ContentLanguage": response_content_language,
        "ContentType": response_content_type,
        "Expires": response_expires,
    }
    content = selection.content
    body = FileBody(path=objects.path(selection.version), offset=content.offset, length=content.length)
    members = _describe(selection, with_checksums=checksum_mode is not None)
    members |= {member: value for member, value in asked.items() if value is not None}
    return Reply(members=members | {"Body": body}, status=_PARTIAL_CONTENT if selection.is_partial else None)


@s3.operation(instead=by_version("s3:GetObject"))
def head_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    if_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_none_match: str | None = None,
    if_unmodified_since: datetime | None = None,
    range: str | None = None,  # noqa: A002 - the member's name
    version_id: str | None = None,
    part_number: int | None = None,
    expected_bucket_owner: str | None = None,
    checksum_mode: str | None = None,
) -> Reply:
    """Say what reading an object would answer."""
    check_owner(call, bucket, expected_bucket_owner)
    conditions = make_conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
    name = name_object(bucket, key, version_id)
    with told_to_listers(call, bucket):
        selection = call.services.objects.select(
            call.scope, name, conditions=conditions, byte_range=range, part=part_number
        )
    members = _describe(selection, with_checksums=checksum_mode is not None)
    return Reply(members=members, status=_PARTIAL_CONTENT if selection.is_partial else None)


@s3.operation(instead=by_version("s3:DeleteObject"))
def delete_object(
    call: Call, *, bucket: str, key: str, version_id: str | None = None, expected_bucket_owner: str | None = None
) -> dict[str, Any]:
    """Delete an object, or one version of it."""
    check_owner(call, bucket, expected_bucket_owner)
    name = name_object(bucket, key, version_id)
    deletion = call.services.objects.delete(call.scope, name)
    return {"VersionId": deletion.version_id, "DeleteMarker": deletion.is_marker or None}


@s3.operation(instead=DELETE_EACH)
def delete_objects(
    call: Call, *, bucket: str, delete: Mapping[str, Any], expected_bucket_owner: str | None = None
) -> dict[str, Any]:
    """Delete up to 1,000 objects or versions, each for itself."""
    check_owner(call, bucket, expected_bucket_owner)
    entries: Sequence[Mapping[str, Any]] = delete["Objects"]
    if not 1 <= len(entries) <= MAX_BATCH:
        raise MalformedRequest
    names = [_parse_identifier(bucket, entry) for entry in entries]
    outcomes = _delete_each(call, bucket, names)
    errors = [
        _describe_failure(name, outcome)
        for name, outcome in zip(names, outcomes, strict=True)
        if isinstance(outcome, SealgateError)
    ]
    done = [_describe_deletion(outcome) for outcome in outcomes if isinstance(outcome, Deletion)]
    return {"Deleted": [] if delete.get("Quiet") else done, "Errors": errors}


def _delete_each(call: Call, bucket: str, names: Sequence[ObjectName]) -> list[Deletion | SealgateError]:
    denials = [find_denial(call, name) for name in names]
    allowed = [name for name, denial in zip(names, denials, strict=True) if denial is None]
    deleted = iter(call.services.objects.delete_many(call.scope, bucket, allowed))
    return [next(deleted) if denial is None else denial for denial in denials]


@s3.operation(instead=writing({**WRITE_KEYS, **COPY_KEYS}), also=READ_SOURCE)
def copy_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    copy_source: str,
    acl: str | None = None,
    cache_control: str | None = None,
    checksum_algorithm: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_type: str | None = None,
    copy_source_if_match: str | None = None,
    copy_source_if_modified_since: datetime | None = None,
    copy_source_if_none_match: str | None = None,
    copy_source_if_unmodified_since: datetime | None = None,
    expires: datetime | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    metadata: Mapping[str, str] | None = None,
    metadata_directive: str | None = None,
    tagging_directive: str | None = None,
    server_side_encryption: str | None = None,
    storage_class: str | None = None,
    website_redirect_location: str | None = None,
    ssekms_key_id: str | None = None,
    bucket_key_enabled: bool | None = None,
    tagging: str | None = None,
    expected_bucket_owner: str | None = None,
    expected_source_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Copy an object."""
    source, target = parse_copy_source(copy_source), ObjectName(bucket=bucket, key=key)
    check_owner(call, bucket, expected_bucket_owner)
    check_owner(call, source.bucket, expected_source_bucket_owner)
    tags = parse_tagging(tagging) if _is_replaced(tagging_directive, "x-amz-tagging-directive") else None
    content = (cache_control, content_disposition, content_encoding, content_language, content_type)
    encryption = Encryption(server_side_encryption, ssekms_key_id, bucket_key_enabled)
    headers = SystemHeaders(*content, expires)
    attributes = make_attributes(
        headers, encryption, metadata=metadata, redirect=website_redirect_location, storage_class=storage_class, acl=acl
    )
    source_conditions = make_conditions(
        copy_source_if_match, copy_source_if_none_match, copy_source_if_modified_since, copy_source_if_unmodified_since
    )
    with told_to_listers(call, source.bucket):
        _demand_tags(call, source, target, instead=tags)
        copied = call.services.objects.copy(
            call.scope,
            source,
            target,
            attributes=attributes,
            keep_metadata=not _is_replaced(metadata_directive, "x-amz-metadata-directive"),
            tags=tags,
            checksum_algorithm=parse_algorithm(checksum_algorithm),
            source_conditions=source_conditions,
            conditions=WriteConditions(match=if_match, none_match=if_none_match),
        )
    return _describe_copy(copied)


def _demand_tags(call: Call, source: ObjectName, target: ObjectName, *, instead: Mapping[str, str] | None) -> None:
    """Go on only if the caller may copy the source's tags, where it has any and is given none instead."""
    if instead is None and call.services.objects.get_shown(call.scope, source).version.tags:
        demand_tags_of(call, source, target)


def _describe_copy(copied: Copied) -> dict[str, Any]:
    version = copied.target.version
    return {
        "CopyObjectResult": {
            "ETag": quoted(version.etag),
            "LastModified": version.modified_at,
            **describe_version_checksums(version),
        },
        "CopySourceVersionId": copied.source_version_id,
        "VersionId": copied.target.version_id,
        **describe_encryption(version.attributes),
    }


def _describe(selection: Selection, *, with_checksums: bool) -> dict[str, Any]:
    version, content = selection.version, selection.content
    # A checksum of the whole beside some of the bytes would make clients refuse them.
    whole = with_checksums and content.length == version.size
    last = content.offset + content.length - 1
    return {
        **describe_attributes(version.attributes),
        **(describe_version_checksums(version) if whole else {}),
        "AcceptRanges": "bytes",
        "ContentLength": content.length,
        "ContentRange": f"bytes {content.offset}-{last}/{version.size}" if selection.is_partial else None,
        "ETag": quoted(version.etag),
        "LastModified": version.modified_at,
        "VersionId": selection.version_id,
        "TagCount": len(version.tags) or None,
        "PartsCount": selection.parts_count,
    }


def _parse_identifier(bucket: str, entry: Mapping[str, Any]) -> ObjectName:
    for member in entry:
        if member not in ("Key", "VersionId"):
            raise UnsupportedMember(member, "DeleteObjects")
    return ObjectName(bucket=bucket, key=entry["Key"], version_id=entry.get("VersionId") or None)


def _describe_deletion(deletion: Deletion) -> dict[str, Any]:
    return {
        "Key": deletion.key,
        "VersionId": None if deletion.made_marker else deletion.version_id,
        "DeleteMarker": deletion.is_marker or None,
        "DeleteMarkerVersionId": deletion.version_id if deletion.is_marker else None,
    }


def _describe_failure(name: ObjectName, error: SealgateError) -> dict[str, Any]:
    wire = wire_error("s3", "DeleteObjects", error)
    return {"Key": name.key, "VersionId": name.version_id, "Code": wire.code, "Message": wire.message}


def _is_replaced(directive: str | None, header: str) -> bool:
    if directive not in (None, "COPY", "REPLACE"):
        raise InvalidArgument(f"Unknown directive: {directive}", name=header, value=directive)
    return directive == "REPLACE"
