"""What is said of a bucket as a whole: tags, the encryption of its objects, and what of public access is blocked.

Source: Amazon S3 API reference, PutBucketTagging, PutBucketEncryption, PutPublicAccessBlock; S3 User Guide, "Blocking
public access to your Amazon S3 storage".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sealgate.services.objects.buckets import get_bucket
from sealgate.services.objects.errors import NoSuchBucketEncryption, NoSuchPublicAccessBlock, NoSuchTagSet
from sealgate.services.objects.rules import MAX_BUCKET_TAGS, verify_tags
from sealgate.services.scope import Scope
from sealgate.store import objects as store
from sealgate.store.database import Database
from sealgate.store.objects import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEncryption:
    """The encryption that a bucket's objects shall have; recorded, not performed.

    Attributes:
        algorithm: `AES256` or `aws:kms`.
        key: The key named for it.
        bucket_key: Whether a bucket key was asked for.
    """

    algorithm: str
    key: str | None = None
    bucket_key: bool | None = None


class BucketSettingService:
    """The use cases of buckets' settings. All raise NoSuchBucket and WrongRegion as `get_bucket`."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def get_tags(self, scope: Scope, bucket: str) -> Mapping[str, str]:
        """Answer a bucket's tags.

        Raises:
            NoSuchTagSet: It has none.
        """
        tags = self._get(scope, bucket).tags
        if not tags:
            raise NoSuchTagSet(bucket)
        return tags

    def set_tags(self, scope: Scope, bucket: str, tags: Mapping[str, str]) -> None:
        """Give a bucket tags, in the place of those it has.

        Raises:
            TooManyTags, InvalidTag: As for objects, but for 50 of them.
        """
        verify_tags(tags, limit=MAX_BUCKET_TAGS)
        self._change(scope, bucket, tags=tags)

    def get_encryption(self, scope: Scope, bucket: str) -> BucketEncryption:
        """Answer what encryption was asked for.

        Raises:
            NoSuchBucketEncryption: None was.
        """
        found = self._get(scope, bucket)
        if found.encryption is None:
            raise NoSuchBucketEncryption(bucket)
        return BucketEncryption(algorithm=found.encryption, key=found.encryption_key, bucket_key=found.bucket_key)

    def set_encryption(self, scope: Scope, bucket: str, wanted: BucketEncryption | None) -> None:
        """Record what encryption is asked for; None: none any more."""
        self._change(
            scope,
            bucket,
            encryption=wanted and wanted.algorithm,
            encryption_key=wanted and wanted.key,
            bucket_key=wanted and wanted.bucket_key,
        )

    def get_blocked_access(self, scope: Scope, bucket: str) -> Collection[str]:
        """Answer what of public access is blocked.

        Raises:
            NoSuchPublicAccessBlock: Nothing was ever said about it.
        """
        blocked = self._get(scope, bucket).blocked_access
        if blocked is None:
            raise NoSuchPublicAccessBlock(bucket)
        return blocked

    def set_blocked_access(self, scope: Scope, bucket: str, blocked: Collection[str] | None) -> None:
        """Block these kinds of public access, and no others; None: say nothing about it."""
        self._change(scope, bucket, blocked_access=None if blocked is None else tuple(sorted(blocked)))

    def _get(self, scope: Scope, bucket: str) -> Bucket:
        with self._db.read() as tx:
            return get_bucket(tx, scope, bucket)

    def _change(self, scope: Scope, bucket: str, **changes: Any) -> None:
        with self._db.write() as tx:
            store.buckets.replace(tx, replace(get_bucket(tx, scope, bucket), **changes))
