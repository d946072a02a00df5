"""AWS::S3: buckets and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.resources.iam_grants import document_text
from sealgate.services.stacks.resources.members import find, make_named, tolerating
from sealgate.services.stacks.resources.tags import TAGS, as_list, tags_of
from sealgate.services.stacks.templates.shapes import Flag, Json, ListOf, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

_FIRST_REGION = "us-east-1"
_NAME_LENGTH = 63
_ENFORCED = "BucketOwnerEnforced"
_OWNERS_ACLS = ("Private", "BucketOwnerFullControl")
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_ENCRYPTION_RULE = Structure(
    {
        "BucketKeyEnabled": Property(shape=Flag()),
        "ServerSideEncryptionByDefault": Property(
            shape=Structure(
                {"KMSMasterKeyID": Property(shape=Text()), "SSEAlgorithm": Property(shape=Text(), required=True)}
            )
        ),
    }
)


class Bucket:
    """AWS::S3::Bucket. `Ref` is its name."""

    name = "AWS::S3::Bucket"
    properties: ClassVar[Mapping[str, Property]] = {
        "AccessControl": Property(shape=Text()),
        "BucketEncryption": Property(
            shape=Structure(
                {"ServerSideEncryptionConfiguration": Property(shape=ListOf(_ENCRYPTION_RULE), required=True)}
            )
        ),
        "BucketName": Property(shape=Text(), replaces=True),
        "OwnershipControls": Property(
            shape=Structure(
                {"Rules": Property(shape=ListOf(Structure({"ObjectOwnership": Property(shape=Text())})), required=True)}
            )
        ),
        "PublicAccessBlockConfiguration": Property(shape=Structure({name: Property(shape=Flag()) for name in _BLOCKS})),
        "Tags": TAGS,
        "VersioningConfiguration": Property(shape=Structure({"Status": Property(shape=Text(), required=True)})),
    }
    attributes = frozenset({"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a bucket; one of a generated name that is there was made by this step before.

        Raises:
            HandlerFailed: The bucket is there, and not this resource's.
        """
        _check_ownership(properties)
        name = properties.get("BucketName") or call.generated_name(_NAME_LENGTH, lower=True)
        if "BucketName" in properties and call.recorded != name:
            _check_absent(call, name)
        members: dict[str, Any] = {"Bucket": name}
        if call.stack.region != _FIRST_REGION:
            members["CreateBucketConfiguration"] = {"LocationConstraint": call.stack.region}
        make_named(call, "s3", "CreateBucket", name=name, is_own=True, taken="BucketAlreadyOwnedByYou", **members)
        return self.update(call, name, {}, properties)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        _check_ownership(new)
        _set_versioning(call, physical_id, old, new)
        _set_encryption(call, physical_id, old, new)
        _set_blocks(call, physical_id, old, new)
        _set_tags(call, physical_id, old, new)
        return _describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the bucket, which has to be empty."""
        with tolerating("NoSuchBucket"):
            call.perform("s3", "DeleteBucket", Bucket=physical_id)


class BucketPolicy:
    """AWS::S3::BucketPolicy. `Ref` is the bucket's name."""

    name = "AWS::S3::BucketPolicy"
    properties: ClassVar[Mapping[str, Property]] = {
        "Bucket": Property(shape=Text(), required=True, replaces=True),
        "PolicyDocument": Property(shape=Json(), required=True),
    }
    attributes: frozenset[str] = frozenset()

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Give the bucket a policy.

        Raises:
            HandlerFailed: It has one already, and not by this resource.
        """
        bucket = properties["Bucket"]
        if call.recorded != bucket and _has_policy(call, bucket):
            raise HandlerFailed(f"The bucket policy already exists on bucket {bucket}.", code="AlreadyExists")
        policy = document_text(properties["PolicyDocument"])
        call.perform("s3", "PutBucketPolicy", lambda _: call.record(bucket), Bucket=bucket, Policy=policy)
        return Made(physical_id=bucket)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Give the bucket another policy."""
        if old != new:
            policy = document_text(new["PolicyDocument"])
            call.perform("s3", "PutBucketPolicy", Bucket=physical_id, Policy=policy)
        return Made(physical_id=physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Take the policy away."""
        with tolerating("NoSuchBucket"):
            call.perform("s3", "DeleteBucketPolicy", Bucket=physical_id)


def _check_absent(call: ResourceCall, name: str) -> None:
    """Refuse a bucket that is there: in us-east-1, creating one's own bucket again is no error.

    Raises:
        OperationRefused: Whether it is there cannot be seen.
        HandlerFailed: It is there.
    """
    if find(call, "s3", "HeadBucket", absent=("NoSuchBucket",), Bucket=name) is not None:
        raise HandlerFailed(f"{name} already exists", code="AlreadyExists")


def _check_ownership(properties: Properties) -> None:
    """Refuse what would give objects to anybody but the bucket's owner.

    Raises:
        HandlerFailed: A canned ACL or an ownership of objects that there is not.
    """
    acl = properties.get("AccessControl", _OWNERS_ACLS[0])
    if acl not in _OWNERS_ACLS:
        raise HandlerFailed(f"AccessControl {acl} is not supported: a bucket is for its owner only")
    rules = (properties.get("OwnershipControls") or {}).get("Rules") or []
    for rule in rules:
        if rule.get("ObjectOwnership") != _ENFORCED:
            raise HandlerFailed(
                f"ObjectOwnership {rule.get('ObjectOwnership')} is not supported: every bucket is {_ENFORCED}"
            )


def _has_policy(call: ResourceCall, bucket: str) -> bool:
    return find(call, "s3", "GetBucketPolicy", absent=("NoSuchBucketPolicy",), Bucket=bucket) is not None


def _set_versioning(call: ResourceCall, bucket: str, old: Properties, new: Properties) -> None:
    versioning = new.get("VersioningConfiguration")
    if versioning != old.get("VersioningConfiguration"):
        wanted = versioning or {"Status": "Suspended"}
        call.perform("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration=wanted)


def _set_encryption(call: ResourceCall, bucket: str, old: Properties, new: Properties) -> None:
    encryption = new.get("BucketEncryption")
    if encryption == old.get("BucketEncryption"):
        return
    if encryption is None:
        call.perform("s3", "DeleteBucketEncryption", Bucket=bucket)
        return
    rules = [_encryption_rule(rule) for rule in encryption["ServerSideEncryptionConfiguration"]]
    call.perform("s3", "PutBucketEncryption", Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _encryption_rule(rule: Properties) -> dict[str, Value]:
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return {names.get(name, name): value for name, value in rule.items()}


def _set_blocks(call: ResourceCall, bucket: str, old: Properties, new: Properties) -> None:
    blocks = new.get("PublicAccessBlockConfiguration")
    if blocks == old.get("PublicAccessBlockConfiguration"):
        return
    if blocks is None:
        call.perform("s3", "DeletePublicAccessBlock", Bucket=bucket)
    else:
        call.perform("s3", "PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=blocks)


def _set_tags(call: ResourceCall, bucket: str, old: Properties, new: Properties) -> None:
    """Give a bucket the tags that it shall have; all at once, as S3 takes them."""
    before, after = tags_of(old), tags_of(new)
    if before == after:
        return
    if after:
        call.perform("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": as_list(after)})
    else:
        call.perform("s3", "DeleteBucketTagging", Bucket=bucket)


def _describe(call: ResourceCall, name: str) -> Made:
    region = call.stack.region
    return Made(
        physical_id=name,
        attributes={
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
        },
    )
