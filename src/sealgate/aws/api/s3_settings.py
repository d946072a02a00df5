"""S3: tags of buckets, the encryption asked for, and blocks of public access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealgate.aws.api.s3_permissions import BUCKET
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import check_owner, parse_tag_set
from sealgate.aws.context import Call
from sealgate.aws.faults import UnsupportedMember
from sealgate.aws.reply import Reply
from sealgate.errors import Unsupported
from sealgate.services.objects.errors import MalformedRequest
from sealgate.services.objects.settings import BucketEncryption
from sealgate.store.objects import PUBLIC_ACCESS

_NO_CONTENT = 204
_ALGORITHMS = ("AES256", "aws:kms")


@s3.operation(resource=BUCKET)
def put_bucket_tagging(
    call: Call, *, bucket: str, tagging: Mapping[str, Any], expected_bucket_owner: str | None = None
) -> Reply:
    """Replace a bucket's tags."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.settings.set_tags(call.scope, bucket, parse_tag_set(tagging["TagSet"]))
    return Reply(members={}, status=_NO_CONTENT)


@s3.operation(resource=BUCKET)
def get_bucket_tagging(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Answer a bucket's tags."""
    check_owner(call, bucket, expected_bucket_owner)
    tags = call.services.objects.settings.get_tags(call.scope, bucket)
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


@s3.operation(resource=BUCKET)
def delete_bucket_tagging(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> None:
    """Remove a bucket's tags."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.settings.set_tags(call.scope, bucket, {})


@s3.operation(resource=BUCKET)
def put_bucket_encryption(
    call: Call,
    *,
    bucket: str,
    server_side_encryption_configuration: Mapping[str, Any],
    expected_bucket_owner: str | None = None,
) -> None:
    """Record which encryption a bucket's objects shall have."""
    check_owner(call, bucket, expected_bucket_owner)
    wanted = _parse_encryption(server_side_encryption_configuration)
    call.services.objects.settings.set_encryption(call.scope, bucket, wanted)


@s3.operation(resource=BUCKET)
def get_bucket_encryption(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Answer which encryption was asked for."""
    check_owner(call, bucket, expected_bucket_owner)
    found = call.services.objects.settings.get_encryption(call.scope, bucket)
    default = {"SSEAlgorithm": found.algorithm, "KMSMasterKeyID": found.key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bool(found.bucket_key)}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@s3.operation(resource=BUCKET)
def delete_bucket_encryption(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> None:
    """Forget which encryption was asked for."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.settings.set_encryption(call.scope, bucket, None)


@s3.operation(resource=BUCKET)
def put_public_access_block(
    call: Call,
    *,
    bucket: str,
    public_access_block_configuration: Mapping[str, bool],
    expected_bucket_owner: str | None = None,
) -> None:
    """Say which kinds of public access are blocked; what is not said is not blocked."""
    check_owner(call, bucket, expected_bucket_owner)
    blocked = {kind for kind in PUBLIC_ACCESS if public_access_block_configuration.get(kind)}
    call.services.objects.settings.set_blocked_access(call.scope, bucket, blocked)


@s3.operation(resource=BUCKET)
def get_public_access_block(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> dict[str, Any]:
    """Answer which kinds of public access are blocked."""
    check_owner(call, bucket, expected_bucket_owner)
    blocked = call.services.objects.settings.get_blocked_access(call.scope, bucket)
    return {"PublicAccessBlockConfiguration": {kind: kind in blocked for kind in PUBLIC_ACCESS}}


@s3.operation(resource=BUCKET)
def delete_public_access_block(call: Call, *, bucket: str, expected_bucket_owner: str | None = None) -> None:
    """Block no public access."""
    check_owner(call, bucket, expected_bucket_owner)
    call.services.objects.settings.set_blocked_access(call.scope, bucket, None)


def _parse_encryption(configuration: Mapping[str, Any]) -> BucketEncryption:
    rules = configuration.get("Rules") or []
    if len(rules) != 1:
        raise MalformedRequest
    for member in rules[0].keys() - {"ApplyServerSideEncryptionByDefault", "BucketKeyEnabled"}:
        raise UnsupportedMember(member, "PutBucketEncryption")
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    algorithm, key = default.get("SSEAlgorithm", ""), default.get("KMSMasterKeyID")
    if algorithm not in _ALGORITHMS:
        raise Unsupported(f"SSEAlgorithm {algorithm} is not supported")
    if key is not None and algorithm != "aws:kms":
        raise MalformedRequest
    return BucketEncryption(algorithm=algorithm, key=key, bucket_key=rules[0].get("BucketKeyEnabled"))
