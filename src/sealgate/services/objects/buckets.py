"""Buckets: who has which, where, and whether their objects keep versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sealgate.clock import Clock
from sealgate.services.objects.errors import (
    BucketNotEmpty,
    BucketOwned,
    BucketTaken,
    IncompatibleLocation,
    InvalidLocation,
    NoSuchBucket,
    WrongRegion,
)
from sealgate.services.objects.rules import verify_bucket_name
from sealgate.services.paging import Page, encode_token, parse_token
from sealgate.services.scope import Scope
from sealgate.store import objects as store
from sealgate.store import uploads
from sealgate.store.bucket_policies import bucket_policies
from sealgate.store.database import Database, Tx
from sealgate.store.objects import Bucket

MAX_PAGE = 10_000

_FIRST_REGION = "us-east-1"
"""The one region that is no location constraint, and where making one's own bucket again is no error."""
_OLD_NAMES = {"EU": "eu-west-1"}


def get_bucket(tx: Tx, scope: Scope, name: str) -> Bucket:
    """Answer a bucket in the call's region. Whose it is does not matter: the door has let the call in.

    Raises:
        NoSuchBucket: There is none of this name.
        WrongRegion: It is in another region than the call.
    """
    bucket = get_bucket_anywhere(tx, name)
    if bucket.region != scope.region:
        raise WrongRegion(signed=scope.region, region=bucket.region)
    return bucket


def get_bucket_anywhere(tx: Tx, name: str) -> Bucket:
    """Answer a bucket of whatever account and region.

    Raises:
        NoSuchBucket: There is none of this name.
    """
    bucket = store.buckets.find(tx, name=name)
    if bucket is None:
        raise NoSuchBucket(name)
    return bucket


class BucketService:
    """The buckets of all accounts."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, name: str, *, location: str | None) -> Bucket:
        """Create a bucket in the call's region.

        Making one's own bucket again succeeds and changes nothing in us-east-1, as on AWS.

        Args:
            scope: Whose bucket it will be.
            name: 3 to 63 characters.
            location: The region once more; None in us-east-1 only, which has to be None there.

        Raises:
            InvalidBucketName: The name breaks a naming rule.
            InvalidLocation: us-east-1 is no location constraint.
            IncompatibleLocation: The location is not the call's region.
            BucketOwned: The caller has it already.
            BucketTaken: Somebody else has it.
        """
        verify_bucket_name(name)
        _verify_location(scope.region, location)
        now = self._clock().replace(microsecond=0)
        bucket = Bucket(name=name, account=scope.account, region=scope.region, versioning="Unset", created_at=now)
        with self._db.write() as tx:
            present = store.buckets.find(tx, name=name)
            if present is None:
                store.buckets.insert(tx, bucket)
                return bucket
        if present.account != scope.account:
            raise BucketTaken(name)
        if present.region != scope.region or scope.region != _FIRST_REGION:
            raise BucketOwned(name)
        return present

    def get(self, scope: Scope, name: str) -> Bucket:
        """Answer a bucket. Raises as `get_bucket`."""
        with self._db.read() as tx:
            return get_bucket(tx, scope, name)

    def get_anywhere(self, name: str) -> Bucket:
        """Answer a bucket in whatever region. Raises as `get_bucket_anywhere`."""
        with self._db.read() as tx:
            return get_bucket_anywhere(tx, name)

    def find(self, name: str) -> Bucket | None:
        """Answer a bucket of whatever account and region; None where there is none of this name."""
        with self._db.read() as tx:
            return store.buckets.find(tx, name=name)

    def find_region(self, name: str) -> str | None:
        """Answer the region of a bucket, whoever has it; None where there is none of this name."""
        bucket = self.find(name)
        return None if bucket is None else bucket.region

    def delete(self, scope: Scope, name: str) -> None:
        """Delete an empty bucket, with the multipart uploads that are open in it.

        Raises:
            BucketNotEmpty: A version or a delete marker is left.
            NoSuchBucket, WrongRegion: As `get_bucket`.
        """
        with self._db.write() as tx:
            get_bucket(tx, scope, name)
            if not store.is_empty(tx, name):
                raise BucketNotEmpty(name)
            uploads.drop_uploads_of(tx, name)
            bucket_policies.delete(tx, bucket=name)
            store.buckets.delete(tx, name=name)

    def list(
        self,
        scope: Scope,
        *,
        prefix: str = "",
        region: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
    ) -> Page[Bucket]:
        """Answer the account's buckets of all regions (or of one) by name.

        Raises:
            Invalid: The token is not one of ours.
        """
        after = "" if token is None else parse_token(token, parts=1)[0]
        with self._db.read() as tx:
            found = store.list_buckets(tx, scope.account, prefix=prefix, region=region, after=after, limit=limit + 1)
        more = len(found) > limit
        return Page(items=tuple(found[:limit]), next_token=encode_token(found[limit - 1].name) if more else None)

    def set_versioning(self, scope: Scope, name: str, versioning: Literal["Enabled", "Suspended"]) -> None:
        """Turn the keeping of versions on, or suspend it. Raises as `get_bucket`."""
        with self._db.write() as tx:
            store.buckets.replace(tx, replace(get_bucket(tx, scope, name), versioning=versioning))


def _verify_location(region: str, location: str | None) -> None:
    if location == _FIRST_REGION:
        raise InvalidLocation("The specified location-constraint is not valid")
    if location is None and region != _FIRST_REGION:
        location = "unspecified"
    if location is not None and _OLD_NAMES.get(location, location) != region:
        raise IncompatibleLocation(
            f"The {location} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
