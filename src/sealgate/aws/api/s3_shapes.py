"""Between S3's shapes and the values of the object services."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote_plus, unquote

from sealgate.aws.context import Call
from sealgate.errors import Unsupported
from sealgate.services.objects.errors import BucketDenied, InvalidArgument, InvalidTag
from sealgate.services.objects.preconditions import ReadConditions
from sealgate.services.objects.service import ObjectName
from sealgate.services.objects.versions import NULL_VERSION, parse_sequence
from sealgate.store.objects import Attributes, ObjectVersion

STORAGE_CLASS = "STANDARD"
_CHECKSUM_MEMBERS = {
    "crc32": "ChecksumCRC32",
    "crc32c": "ChecksumCRC32C",
    "crc64nvme": "ChecksumCRC64NVME",
    "sha1": "ChecksumSHA1",
    "sha256": "ChecksumSHA256",
}
_OWNERS_ACLS = (None, "private", "bucket-owner-full-control")
_ENCRYPTIONS = (None, "AES256", "aws:kms")
_TAG_FIELDS = 100
"""More than an object may have, so that too many are refused as too many."""


def quoted(etag: str) -> str:
    """Write an entity tag as HTTP has it."""
    return f'"{etag}"'


def describe_owner(account: str) -> dict[str, str]:
    """Name an account as S3 does: by 64 hexadecimal digits that stand for nothing else."""
    return {"ID": hashlib.sha256(account.encode()).hexdigest()}


def describe_owner_of(call: Call, bucket: str) -> dict[str, str]:
    """Name the account that has a bucket, and with it all that is in it.

    Raises:
        NoSuchBucket: There is none of this name.
    """
    return describe_owner(call.services.objects.buckets.get_anywhere(bucket).account)


def check_owner(call: Call, bucket: str, expected: str | None) -> None:
    """Refuse a call whose caller expects the bucket to be somebody else's.

    Raises:
        BucketDenied: It is another account's than the one expected.
    """
    if expected is None:
        return
    found = call.services.objects.buckets.find(bucket)
    if found is not None and found.account != expected:
        raise BucketDenied


def check_acl(acl: str | None) -> None:
    """Refuse every canned ACL but those that give the owner everything and others nothing.

    Raises:
        Unsupported: Another one.
    """
    if acl not in _OWNERS_ACLS:
        raise Unsupported(f"x-amz-acl: {acl} is not supported: objects are for their owner only")


class SystemHeaders(NamedTuple):
    """The headers that are kept with an object, in the order of the handlers' parameters."""

    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    content_type: str | None
    expires: datetime | None


class Encryption(NamedTuple):
    """The encryption that is asked for."""

    algorithm: str | None
    key_id: str | None
    bucket_key: bool | None


def make_attributes(
    headers: SystemHeaders,
    encryption: Encryption,
    *,
    metadata: Mapping[str, str] | None,
    redirect: str | None,
    storage_class: str | None,
    acl: str | None,
) -> Attributes:
    """Read what an uploader says of an object.

    Raises:
        Unsupported: An ACL, a storage class or an encryption that this server would not honour.
        InvalidArgument: A key is named for an encryption that takes none.
    """
    check_acl(acl)
    if storage_class not in (None, STORAGE_CLASS):
        raise Unsupported(f"x-amz-storage-class: {storage_class} is not supported")
    _check_encryption(encryption)
    return Attributes(
        content_type=headers.content_type or Attributes().content_type,
        cache_control=headers.cache_control,
        content_disposition=headers.content_disposition,
        content_encoding=_without_chunking(headers.content_encoding),
        content_language=headers.content_language,
        expires=None if headers.expires is None else headers.expires.isoformat(),
        website_redirect=redirect,
        metadata=dict(metadata or {}),
        encryption=encryption.algorithm,
        encryption_key=encryption.key_id,
        bucket_key=encryption.bucket_key,
    )


def _check_encryption(encryption: Encryption) -> None:
    algorithm, key_id, _ = encryption
    if algorithm not in _ENCRYPTIONS:
        raise Unsupported(f"x-amz-server-side-encryption: {algorithm} is not supported")
    if algorithm != "aws:kms" and key_id is not None:
        raise InvalidArgument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
            name="x-amz-server-side-encryption",
            value=algorithm or "null",
        )


def _without_chunking(content_encoding: str | None) -> str | None:
    # aws-chunked is how the body was sent, not what the object is (S3 API reference, "Chunked uploads").
    codings = [each.strip() for each in (content_encoding or "").split(",")]
    return ",".join(each for each in codings if each and each != "aws-chunked") or None


def make_conditions(
    match: str | None, none_match: str | None, modified_since: datetime | None, unmodified_since: datetime | None
) -> ReadConditions:
    """Read the conditions on what is read or copied."""
    return ReadConditions(
        match=match, none_match=none_match, modified_since=modified_since, unmodified_since=unmodified_since
    )


def describe_attributes(attributes: Attributes) -> dict[str, Any]:
    """Write an object's attributes as a read answers them."""
    expires = attributes.expires
    return _present(
        {
            "ContentType": attributes.content_type,
            "CacheControl": attributes.cache_control,
            "ContentDisposition": attributes.content_disposition,
            "ContentEncoding": attributes.content_encoding,
            "ContentLanguage": attributes.content_language,
            "Expires": None if expires is None else datetime.fromisoformat(expires),
            "WebsiteRedirectLocation": attributes.website_redirect,
            "Metadata": attributes.metadata or None,
            **describe_encryption(attributes),
        }
    )


def describe_encryption(attributes: Attributes) -> dict[str, Any]:
    """Write the encryption that was asked for."""
    return _present(
        {
            "ServerSideEncryption": attributes.encryption,
            "SSEKMSKeyId": attributes.encryption_key,
            "BucketKeyEnabled": attributes.bucket_key,
        }
    )


def describe_checksums(checksums: Mapping[str, str]) -> dict[str, str]:
    """Write checksums as members."""
    return {_CHECKSUM_MEMBERS[name]: value for name, value in checksums.items()}


def describe_version_checksums(version: ObjectVersion) -> dict[str, str]:
    """Write a version's checksums and their type."""
    return describe_checksums(version.checksums) | _present({"ChecksumType": version.checksum_type})


def list_algorithms(checksums: Mapping[str, str]) -> list[str] | None:
    """Name the algorithms of checksums as listings do; None for none."""
    return [name.upper() for name in checksums] or None


def parse_checksums(members: Mapping[str, Any]) -> dict[str, str]:
    """Read checksum members."""
    return {name: members[member] for name, member in _CHECKSUM_MEMBERS.items() if members.get(member)}


def parse_algorithm(text: str | None) -> str | None:
    """Read the name of a checksum algorithm.

    Raises:
        Unsupported: AWS has it and this server has not.
    """
    if text is None:
        return None
    if text.lower() not in _CHECKSUM_MEMBERS:
        raise Unsupported(f"x-amz-checksum-algorithm: {text} is not supported")
    return text.lower()


def parse_tagging(header: str | None) -> dict[str, str]:
    """Read tags from a header, where they are written like a query.

    Raises:
        InvalidArgument: It is not written so.
        InvalidTag: A key is given twice.
    """
    if not header:
        return {}
    try:
        pairs = parse_qsl(
            header, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_TAG_FIELDS
        )
    except ValueError as error:
        raise InvalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates.",
            name="x-amz-tagging",
            value=header,
        ) from error
    return parse_tag_set([{"Key": key, "Value": value} for key, value in pairs])


def parse_tag_set(tag_set: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Read tags from a document.

    Raises:
        InvalidTag: A key is given twice.
    """
    tags = {tag["Key"]: tag["Value"] for tag in tag_set}
    if len(tags) != len(tag_set):
        raise InvalidTag("Cannot provide multiple Tags with the same key")
    return tags


def parse_copy_source(text: str) -> ObjectName:
    """Read where a copy comes from: `bucket/key` or `/bucket/key`, percent-encoded, and `?versionId=` after it.

    Raises:
        InvalidArgument: It names no bucket and key.
        Unsupported: It is an access point's ARN.
    """
    if text.startswith("arn:"):
        raise Unsupported("x-amz-copy-source: access points are not supported")
    path, _, version_id = text.partition("?versionId=")
    bucket = key = ""
    with suppress(UnicodeDecodeError):
        bucket, _, key = unquote(path, errors="strict").removeprefix("/").partition("/")
    if not (key and bucket):
        raise InvalidArgument("Invalid copy source object key", name="x-amz-copy-source", value=text)
    return name_object(bucket, key, version_id or None)


def name_object(bucket: str, key: str, version_id: str | None) -> ObjectName:
    """Name an object, and a version of it where the request names one.

    Raises:
        InvalidArgument: The version's name can be none.
    """
    if version_id == "":
        raise InvalidArgument("Version id cannot be the empty string", name="versionId", value="")
    if version_id not in (None, NULL_VERSION) and parse_sequence(version_id) is None:
        raise InvalidArgument("Invalid version id specified", name="versionId", value=version_id)
    return ObjectName(bucket=bucket, key=key, version_id=version_id)


def encode_text(text: str | None, encoding_type: str | None) -> str | None:
    """Write a key or prefix as the caller of a listing wants it: as it is, or percent-encoded."""
    if text is None or encoding_type is None:
        return text
    return quote_plus(text, safe="/*")


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
