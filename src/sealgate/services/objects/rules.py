"""What buckets and keys may be called, and how much an object may carry besides its content.

Sources: the Amazon S3 user guide, "General purpose bucket naming rules", "Naming Amazon S3 objects", "User-defined
object metadata", "Categorizing your objects using tags", "Amazon S3 multipart upload limits".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from sealgate.errors import Invalid
from sealgate.services.objects.errors import (
    InvalidBucketName,
    InvalidTag,
    KeyTooLong,
    MetadataTooLarge,
    ObjectTooLarge,
    TooManyTags,
)

MAX_KEY_BYTES = 1024
MAX_METADATA_BYTES = 2048
MAX_TAGS = 10
MAX_BUCKET_TAGS = 50
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
MAX_PUT_BYTES = 5 << 30
"""The most bytes of one PutObject, one part and one copy."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_TAG_TEXT = re.compile(r"[\w\s+\-=._:/@]*")


def verify_bucket_name(name: str) -> None:
    """Check the name of a new bucket.

    Raises:
        InvalidBucketName: It breaks a naming rule.
    """
    regular = _BUCKET.fullmatch(name) and ".." not in name and not _is_address(name)
    if not regular or name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        raise InvalidBucketName(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def verify_key(key: str) -> None:
    """Check an object's key.

    Raises:
        KeyTooLong: More than 1,024 bytes of UTF-8.
        Invalid: Empty, not Unicode text, or with U+0000 (which AWS takes, and not every database stores).
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise Invalid("The key is not valid UTF-8", reason="InvalidKey") from error
    if size > MAX_KEY_BYTES:
        raise KeyTooLong(size=size, limit=MAX_KEY_BYTES)
    if not key or "\0" in key:
        raise Invalid("A key must not be empty or hold U+0000", reason="InvalidKey")


def verify_metadata(metadata: Mapping[str, str]) -> None:
    """Check the size of user metadata: all bytes of names and values.

    Raises:
        MetadataTooLarge: More than 2 KB.
    """
    size = sum(len(name.encode()) + len(value.encode("utf-8", "replace")) for name, value in metadata.items())
    if size > MAX_METADATA_BYTES:
        raise MetadataTooLarge(size=size, limit=MAX_METADATA_BYTES)


def verify_content_size(size: int) -> None:
    """Check the size of one upload.

    Raises:
        ObjectTooLarge: More than 5 GiB.
    """
    if size > MAX_PUT_BYTES:
        raise ObjectTooLarge(size=size, limit=MAX_PUT_BYTES)


def verify_tags(tags: Mapping[str, str], *, limit: int = MAX_TAGS) -> None:
    """Check the tags of an object, or of a bucket.

    Raises:
        TooManyTags: More than there may be: ten of an object.
        InvalidTag: A key or value has a length or a character that tags may not have.
    """
    if len(tags) > limit:
        raise TooManyTags
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_TAG_KEY or not _TAG_TEXT.fullmatch(key):
            raise InvalidTag("The TagKey you have provided is invalid")
        if len(value) > MAX_TAG_VALUE or not _TAG_TEXT.fullmatch(value):
            raise InvalidTag("The TagValue you have provided is invalid")
        if key.startswith("aws:"):
            raise InvalidTag("System tags cannot be added/updated by requester")
