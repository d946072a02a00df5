"""S3: the policies of buckets."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.s3_permissions import BUCKET
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import check_owner
from sealgate.aws.context import Call
from sealgate.aws.reply import Reply

_NO_CONTENT = 204


@s3.operation(resource=BUCKET)
def put_bucket_policy(call: Call, *, bucket: str, policy: str, expected_bucket_owner: str | None = None) -> Reply:
    """Give a bucket a policy."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.policies.put(call.scope, bucket, policy)
    return Reply(members={}, status=_NO_CONTENT)


@s3.operation(resource=BUCKET)
def get_bucket_policy(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> Reply:
    """Answer a bucket's policy."""
    check_owner(call, bucket, expected_bucket_owner)
    document = call.services.objects.policies.get(call.scope, bucket)
    return Reply(members={"Policy": document}, headers={"Content-Type": "application/json"})


@s3.operation(resource=BUCKET)
def delete_bucket_policy(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> None:
    """Take a bucket's policy away."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.policies.delete(call.scope, bucket)


@s3.operation(resource=BUCKET)
def get_bucket_policy_status(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Say whether a bucket's policy gives anything to everyone."""
    check_owner(call, bucket, expected_bucket_owner)
    return {"PolicyStatus": {"IsPublic": call.services.objects.policies.is_public(call.scope, bucket)}}
