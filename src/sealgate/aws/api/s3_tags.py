"""S3: tags of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealgate.aws.api.s3_permissions import by_version, told_to_listers
from sealgate.aws.api.s3_service import s3
from sealgate.aws.api.s3_shapes import check_owner, name_object, parse_tag_set
from sealgate.aws.context import Call


@s3.operation(instead=by_version("s3:GetObjectTagging"))
def get_object_tagging(
    call: Call, *, bucket: str, key: str, version_id: str | None = None, expected_bucket_owner: str | None = None
) -> dict[str, Any]:
    """Answer a version's tags, and in a header which version that is: SAM learns it from there."""
    check_owner(call, bucket, expected_bucket_owner)
    with told_to_listers(call, bucket):
        found = call.services.objects.get_shown(call.scope, name_object(bucket, key, version_id))
    tags = [{"Key": name, "Value": value} for name, value in found.version.tags.items()]
    return {"TagSet": tags, "VersionId": found.version_id}


@s3.operation(instead=by_version("s3:PutObjectTagging", object_tags="tagging.TagSet"))
def put_object_tagging(
    call: Call,
    *,
    bucket: str,
    key: str,
    tagging: Mapping[str, Any],
    version_id: str | None = None,
    expected_bucket_owner: str | None = None,
) -> dict[str, Any]:
    """Replace a version's tags."""
    check_owner(call, bucket, expected_bucket_owner)
    name = name_object(bucket, key, version_id)
    with told_to_listers(call, bucket):
        tagged = call.services.objects.set_tags(call.scope, name, parse_tag_set(tagging["TagSet"]))
    return {"VersionId": tagged.version_id}


@s3.operation(instead=by_version("s3:DeleteObjectTagging"))
def delete_object_tagging(
    call: Call, *, bucket: str, key: str, version_id: str | None = None, expected_bucket_owner: str | None = None
) -> dict[str, Any]:
    """Remove a version's tags."""
    check_owner(call, bucket, expected_bucket_owner)
    name = name_object(bucket, key, version_id)
    with told_to_listers(call, bucket):
        return {"VersionId": call.services.objects.set_tags(call.scope, name, {}).version_id}
