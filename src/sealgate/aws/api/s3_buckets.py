"""S3: buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealgate.arn import bucket_arn
from sealgate.aws.api.s3_permissions import BUCKET
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import check_acl, check_owner, describe_owner
from sealgate.aws.context import Call
from sealgate.aws.faults import UnsupportedMember
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.errors import Unsupported
from sealgate.services.objects.buckets import MAX_PAGE
from sealgate.services.objects.errors import InvalidArgument, MalformedRequest
from sealgate.store.objects import Bucket

_PUT_ACL = Permission(
    action="s3:PutBucketAcl", resource=parse_template("s3", BUCKET), when="acl", keys={"s3:x-amz-acl": "acl"}
)
_PUT_OWNERSHIP = Permission(
    action="s3:PutBucketOwnershipControls", resource=parse_template("s3", BUCKET), when="object_ownership"
)


@s3.operation(
    resource=BUCKET,
    keys={
        "s3:locationconstraint": "create_bucket_configuration.LocationConstraint",
        "s3:x-amz-acl": "acl",
        "s3:x-amz-object-ownership": "object_ownership",
    },
    also=(_PUT_ACL, _PUT_OWNERSHIP),
)
def create_bucket(
    call: Call,
    *,
    bucket: str,
    acl: str | None = None,
    object_ownership: str | None = None,
    create_bucket_configuration: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Create a bucket in the call's region."""
    check_acl(acl)
    if object_ownership not in (None, "BucketOwnerEnforced"):
        raise Unsupported(f"x-amz-object-ownership: {object_ownership} is not supported")
    configuration = create_bucket_configuration or {}
    for member in configuration:
        if member != "LocationConstraint":
            raise UnsupportedMember(member, "CreateBucket")
    made = call.services.objects.buckets.create(
        call.scope, bucket, location=configuration.get("LocationConstraint") or None
    )
    return {"Location": f"/{made.name}", "BucketArn": _arn(made)}


@s3.operation(resource=BUCKET)
def head_bucket(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Say that a bucket can be used, and where it is."""
    check_owner(call, bucket, expected_bucket_owner)
    found = call.services.objects.buckets.get(call.scope, bucket)
    return {"BucketRegion": found.region, "BucketArn": _arn(found), "AccessPointAlias": False}


@s3.operation(resource=BUCKET)
def delete_bucket(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> None:
    """Delete an empty bucket."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.buckets.delete(call.scope, bucket)


@s3.operation()
def list_buckets(
    call: Call,
    *,
    max_buckets: int | None = None,
    continuation_token: str | None = None,
    prefix: str | None = None,
    bucket_region: str | None = None,
) -> dict[str, Any]:
    """List the account's buckets of every region, as AWS does."""
    limit = MAX_PAGE if max_buckets is None else max_buckets
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidArgument(
            f"Argument max-buckets must be an integer between 1 and {MAX_PAGE}", name="max-buckets", value=str(limit)
        )
    page = call.services.objects.buckets.list(
        call.scope, prefix=prefix or "", region=bucket_region, token=continuation_token, limit=limit
    )
    return {
        "Owner": describe_owner(call.account),
        "Buckets": [_describe(bucket) for bucket in page.items],
        "ContinuationToken": page.next_token,
        "Prefix": prefix,
    }


@s3.operation(resource=BUCKET)
def get_bucket_location(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Say where a bucket is; us-east-1 is said by saying nothing."""
    check_owner(call, bucket, expected_bucket_owner)
    region = call.services.objects.buckets.get_anywhere(bucket).region
    return {"LocationConstraint": None if region == "us-east-1" else region}


@s3.operation(resource=BUCKET)
def put_bucket_versioning(
    call: Call,
    *,
    bucket: str,
    versioning_configuration: Mapping[str, Any],
    expected_bucket_owner: str | None = None,
) -> None:
    """Turn the keeping of versions on, or suspend it."""
    check_owner(call, bucket, expected_bucket_owner)
    if versioning_configuration.get("MFADelete", "Disabled") != "Disabled":
        raise UnsupportedMember("MfaDelete", "PutBucketVersioning")
    status = versioning_configuration.get("Status")
    if status not in ("Enabled", "Suspended"):
        raise MalformedRequest
    call.services.objects.buckets.set_versioning(call.scope, bucket, status)


@s3.operation(resource=BUCKET)
def get_bucket_versioning(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Say whether a bucket keeps versions; nothing where it never did."""
    check_owner(call, bucket, expected_bucket_owner)
    versioning = call.services.objects.buckets.get(call.scope, bucket).versioning
    return {"Status": None if versioning == "Unset" else versioning}


def _describe(bucket: Bucket) -> dict[str, Any]:
    return {
        "Name": bucket.name,
        "CreationDate": bucket.created_at,
        "BucketRegion": bucket.region,
        "BucketArn": _arn(bucket),
    }


def _arn(bucket: Bucket) -> str:
    return bucket_arn(bucket.region, bucket.name)
