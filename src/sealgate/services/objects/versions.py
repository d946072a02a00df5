"""What writing to and deleting from a bucket does to the versions of a key.

The rules are those of the Amazon S3 user guide, "How S3 Versioning works": a bucket that never kept versions, or
suspended doing so, writes the version named `null` in the place of an earlier one; a bucket that keeps versions gives
every write a name of its own. All functions work inside the caller's write transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sealgate.services.objects.checksums import FULL_OBJECT
from sealgate.services.objects.errors import IsDeleteMarker, NoSuchKey, NoSuchVersion
from sealgate.store import objects as store
from sealgate.store.database import Tx
from sealgate.store.objects import Attributes, Bucket, ObjectVersion

NULL_VERSION = "null"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SEQUENCE_DIGITS, _RANDOM_DIGITS = 11, 21
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a version holds; the fields are those of `ObjectVersion`."""

    blob: str
    size: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str | None = None
    part_sizes: tuple[int, ...] = ()

    @classmethod
    def whole(cls, *, blob: str, size: int, md5: str, checksums: Mapping[str, str]) -> Content:
        """Describe content that came in one piece."""
        kind = FULL_OBJECT if checksums else None
        return cls(blob=blob, size=size, etag=md5, checksums=checksums, checksum_type=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What a deletion did.

    Attributes:
        key: The key it was about.
        version_id: The version removed, or the delete marker made; None in a bucket that never kept versions.
        is_marker: Whether that version is a delete marker.
        made_marker: Whether this deletion made it.
    """

    key: str
    version_id: str | None = None
    is_marker: bool = False
    made_marker: bool = False


def shown_version(bucket: Bucket, version: ObjectVersion) -> str | None:
    """Answer the version id that callers see: none in a bucket that never kept versions."""
    return None if bucket.versioning == "Unset" else version.version_id


def find_current(tx: Tx, bucket: Bucket, key: str) -> ObjectVersion | None:
    """Answer what a key means now, or None where nothing or a delete marker stands."""
    version = store.find_latest(tx, bucket.name, key)
    return None if version is None or version.is_delete_marker else version


def get_version(tx: Tx, bucket: Bucket, key: str, version_id: str | None) -> ObjectVersion:
    """Answer the version named, or what the key means now; never a delete marker.

    Raises:
        NoSuchKey: The key means nothing now.
        NoSuchVersion: The key has no such version.
        IsDeleteMarker: The version named is a delete marker.
    """
    if version_id is None:
        version = store.find_latest(tx, bucket.name, key)
        if version is None:
            raise NoSuchKey(key)
        if version.is_delete_marker:
            raise NoSuchKey(key, delete_marker=version.version_id)
        return version
    version = store.find_version(tx, bucket.name, key, version_id)
    if version is None:
        raise NoSuchVersion(key, version_id)
    if version.is_delete_marker:
        raise IsDeleteMarker(version_id, modified_at=version.modified_at)
    return version


def add_version(
    tx: Tx,
    bucket: Bucket,
    key: str,
    content: Content | None,
    *,
    now: datetime,
    attributes: Attributes | None = None,
    tags: Mapping[str, str] | None = None,
    modified_at: datetime | None = None,
) -> ObjectVersion:
    """Write a key's new latest version; without content, a delete marker.

    Args:
        tx: The write transaction.
        bucket: Decides whether the version gets a name of its own or takes the place of `null`.
        key: A key that `verify_key` has passed.
        content: What the blob store holds.
        now: Orders the versions, after all earlier ones even where the clock went back.
        attributes: What the uploader said.
        tags: Tags that `verify_tags` has passed.
        modified_at: What callers see as the time of change; `now` unless given.
    """
    sequence = max(_microseconds(now), store.last_sequence(tx, bucket.name, key) + 1)
    if bucket.versioning != "Enabled":
        _drop_null(tx, bucket, key)
    made = content or Content(blob="", size=0, etag="")
    version = ObjectVersion(
        bucket=bucket.name,
        key=key,
        sequence=sequence,
        version_id=_new_version_id(sequence) if bucket.versioning == "Enabled" else NULL_VERSION,
        is_latest=True,
        is_delete_marker=content is None,
        blob=made.blob,
        size=made.size,
        etag=made.etag,
        modified_at=(modified_at or now).replace(microsecond=0),
        attributes=attributes or Attributes(),
        tags=tags or {},
        checksums=made.checksums,
        checksum_type=made.checksum_type,
        part_sizes=made.part_sizes,
    )
    store.push_version(tx, version)
    return version


def delete_key(tx: Tx, bucket: Bucket, key: str, *, now: datetime) -> Deletion:
    """Delete a key without naming a version: for good in a bucket that never kept versions, by a marker otherwise."""
    if bucket.versioning == "Unset":
        _drop_null(tx, bucket, key)
        return Deletion(key=key)
    marker = add_version(tx, bucket, key, None, now=now)
    return Deletion(key=key, version_id=marker.version_id, is_marker=True, made_marker=True)


def delete_version(tx: Tx, bucket: Bucket, key: str, version_id: str) -> Deletion:
    """Delete one version for good; one that is not there is no error, so that a deletion can be said twice."""
    version = store.find_version(tx, bucket.name, key, version_id)
    if version is None:
        return Deletion(key=key, version_id=version_id)
    store.drop_version(tx, version)
    return Deletion(key=key, version_id=version_id, is_marker=version.is_delete_marker)


def parse_sequence(version_id: str) -> int | None:
    """Answer the place of a version among those of its key, from its id alone; None for `null` and foreign ids.

    A listing goes on after a version by it even when that version is gone.
    """
    digits = [_ALPHABET.find(character) for character in version_id[:_SEQUENCE_DIGITS]]
    if len(version_id) != _SEQUENCE_DIGITS + _RANDOM_DIGITS or min(digits) < 0:
        return None
    sequence = 0
    for digit in digits:
        sequence = sequence * len(_ALPHABET) + digit
    return sequence if sequence <= _MAX_SEQUENCE else None


_MAX_SEQUENCE = (1 << 63) - 1


def _new_version_id(sequence: int) -> str:
    digits = ""
    for _ in range(_SEQUENCE_DIGITS):
        sequence, digit = divmod(sequence, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_DIGITS))


def _drop_null(tx: Tx, bucket: Bucket, key: str) -> None:
    version = store.find_version(tx, bucket.name, key, NULL_VERSION)
    if version is not None:
        store.drop_version(tx, version)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
