"""What S3's operations need to be allowed (Service Authorization Reference, Amazon S3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sealgate.arn import bucket_arn, object_arn
from sealgate.aws.api.s3_shapes import parse_copy_source
from sealgate.aws.context import Call
from sealgate.aws.permissions import Arguments, Keys, Permission
from sealgate.aws.resources import ANY, parse_template
from sealgate.errors import SealgateError
from sealgate.policy.request import Context
from sealgate.services.access.entry import Wanted
from sealgate.services.objects.errors import NoSuchKey, NoSuchVersion
from sealgate.services.objects.service import ObjectName

BUCKET = "{bucket}"
OBJECT = "{bucket}/{key}"

WRITE_KEYS: Keys = {
    "s3:if-match": "if_match",
    "s3:if-none-match": "if_none_match",
    "s3:x-amz-acl": "acl",
    "s3:x-amz-server-side-encryption": "server_side_encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "s3:x-amz-storage-class": "storage_class",
    "s3:x-amz-website-redirect-location": "website_redirect_location",
}
COPY_KEYS: Keys = {
    "s3:x-amz-copy-source": "copy_source",
    "s3:x-amz-metadata-directive": "metadata_directive",
}
LIST_KEYS: Keys = {"s3:delimiter": "delimiter", "s3:max-keys": "max_keys", "s3:prefix": "prefix"}

_OBJECT = parse_template("s3", OBJECT)


def by_version(action: str, *, object_tags: str | None = None) -> tuple[Permission, Permission]:
    """Answer what is needed on an object, and what on a version of it where the request names one.

    Args:
        action: The first (`s3:GetObject`); the other one is named for it (`s3:GetObjectVersion`).
        object_tags: The path of the member that has the object's tags.
    """
    of_version = action.replace("Object", "ObjectVersion")
    return (
        Permission(action=action, resource=_OBJECT, unless="version_id", object_tags=object_tags),
        Permission(
            action=of_version,
            resource=_OBJECT,
            when="version_id",
            keys={"s3:versionid": "version_id"},
            object_tags=object_tags,
        ),
    )


def writing(keys: Keys) -> tuple[Permission, ...]:
    """Answer what writing a new object needs, with the tags and the ACL that the request gives it.

    Args:
        keys: The condition keys that the request answers.
    """
    return (
        Permission(action="s3:PutObject", resource=_OBJECT, keys=keys, object_tags="tagging"),
        Permission(action="s3:PutObjectTagging", resource=_OBJECT, when="tagging", object_tags="tagging"),
        Permission(action="s3:PutObjectAcl", resource=_OBJECT, when="acl", keys={"s3:x-amz-acl": "acl"}),
    )


class _CopySource:
    """The object that a copy is made of."""

    parameters = ["copy_source"]  # noqa: RUF012 - never changed

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:  # noqa: ARG002 - as others
        """Answer its ARN; what names no object is refused later."""
        source = _find_source(values)
        return ANY if source is None else object_arn(region, source.bucket, source.key)

    def __str__(self) -> str:
        return "{copy_source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadSource(Permission):
    """What reading a copy's source needs.

    Attributes:
        of_version: It is about sources that name a version, or else about those that do not.
    """

    of_version: bool

    @property
    def condition(self) -> str:
        """When it is needed, as a table shows it."""
        return f"{'if' if self.of_version else 'unless'} `copy_source` names a version"

    def find_wanted(self, arguments: Arguments, *, region: str, account: str) -> Wanted | None:
        """Answer what one call needs by this permission, or None where it needs nothing."""
        source = _find_source(arguments)
        if (source is not None and source.version_id is not None) is not self.of_version:
            return None
        wanted = Permission.find_wanted(self, arguments, region=region, account=account)
        if wanted is None or source is None:
            return wanted
        return wanted._replace(context={**wanted.context, **_version_context(source)})


READ_SOURCE = (
    _ReadSource(action="s3:GetObject", resource=_CopySource(), of_version=False),
    _ReadSource(action="s3:GetObjectVersion", resource=_CopySource(), of_version=True),
)

DELETE_EACH = (
    Permission(
        action="s3:DeleteObject", resource=parse_template("s3", "{bucket}/*"), exempt="asked about for each key"
    ),
    Permission(
        action="s3:DeleteObjectVersion",
        resource=parse_template("s3", "{bucket}/*"),
        exempt="asked about for each key with a version",
    ),
)


def find_denial(call: Call, name: ObjectName) -> SealgateError | None:
    """Answer why the caller may not delete an object, or a version of it; None where it may."""
    action = "s3:DeleteObject" if name.version_id is None else "s3:DeleteObjectVersion"
    try:
        call.demand(action, object_arn(call.region, name.bucket, name.key), context=_version_context(name))
    except SealgateError as error:
        return error
    return None


def demand_tags_of(call: Call, source: ObjectName, target: ObjectName) -> None:
    """Go on only if the caller may copy an object's tags.

    Raises:
        AccessDenied: It may not.
    """
    reading = "s3:GetObjectTagging" if source.version_id is None else "s3:GetObjectVersionTagging"
    call.demand(reading, object_arn(call.region, source.bucket, source.key), context=_version_context(source))
    call.demand("s3:PutObjectTagging", object_arn(call.region, target.bucket, target.key))


@contextmanager
def told_to_listers(call: Call, bucket: str) -> Iterator[None]:
    """Tell only who may list a bucket that something is not in it; everybody else is denied, as on S3.

    Raises:
        AccessDenied: In the place of NoSuchKey and NoSuchVersion.
    """
    try:
        yield
    except NoSuchKey:
        call.demand("s3:ListBucket", bucket_arn(call.region, bucket))
        raise
    except NoSuchVersion:
        call.demand("s3:ListBucketVersions", bucket_arn(call.region, bucket))
        raise


def _version_context(name: ObjectName) -> Context:
    return {} if name.version_id is None else {"s3:versionid": (name.version_id,)}


def _find_source(values: Mapping[str, Any]) -> ObjectName | None:
    try:
        return parse_copy_source(values["copy_source"])
    except SealgateError:
        return None
