"""Buckets and their policies."""

import json
import re
from typing import Any

import pytest

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed
from tests.support.iam import document
from tests.support.resources import Resource, Stack

BUCKET = "AWS::S3::Bucket"
POLICY = "AWS::S3::BucketPolicy"
TAGS = [{"Key": "ManagedStackSource", "Value": "AwsSamCli"}]
BLOCKS = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
ENCRYPTION = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
OF_SAM: dict[str, Any] = {
    "BucketEncryption": ENCRYPTION,
    "PublicAccessBlockConfiguration": dict.fromkeys(BLOCKS, "true"),
    "Tags": TAGS,
    "VersioningConfiguration": {"Status": "Enabled"},
}
"""What the bucket of `sam deploy --resolve-s3` is made of."""


def settings(stack: Stack, bucket: Resource) -> dict[str, Any]:
    """What is said of a bucket, None where nothing is."""
    s3 = stack.client("s3")
    asked = {
        "ServerSideEncryptionConfiguration": s3.get_bucket_encryption,
        "PublicAccessBlockConfiguration": s3.get_public_access_block,
        "TagSet": s3.get_bucket_tagging,
        "Status": s3.get_bucket_versioning,
    }
    found = {}
    for name, ask in asked.items():
        try:
            found[name] = ask(Bucket=bucket.ref).get(name)
        except s3.exceptions.ClientError:
            found[name] = None
    return found


def test_a_bucket_is_referred_to_by_its_name(stack: Stack) -> None:
    bucket = stack.make(BUCKET, "Bucket")
    assert re.fullmatch(r"app-bucket-[a-z0-9]{12}", bucket.ref)
    assert bucket.get("Arn") == f"arn:aws:s3:::{bucket.ref}"
    assert bucket.get("RegionalDomainName") == f"{bucket.ref}.s3.us-east-1.amazonaws.com"
    assert bucket.make_again() == bucket.made


def test_a_bucket_has_what_the_managed_bucket_of_sam_needs_in_place_and_back(stack: Stack) -> None:
    bucket = stack.make(BUCKET, "Bucket", **OF_SAM)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": False}
    assert settings(stack, bucket) == {
        "ServerSideEncryptionConfiguration": {"Rules": [rule]},
        "PublicAccessBlockConfiguration": BLOCKS,
        "TagSet": TAGS,
        "Status": "Enabled",
    }
    bucket.change(**dict.fromkeys(OF_SAM))
    assert settings(stack, bucket) == {**dict.fromkeys(settings(stack, bucket)), "Status": "Suspended"}


def test_what_has_not_begun_is_undone_too(stack: Stack) -> None:
    stack.make(BUCKET, "Bucket").undo(**OF_SAM)


def test_a_bucket_that_is_there_already_is_somebody_elses(stack: Stack) -> None:
    name = f"mine-{stack.cloud.account}"
    stack.client("s3").create_bucket(Bucket=name)
    with pytest.raises(HandlerFailed, match=f"{name} already exists"):
        stack.make(BUCKET, BucketName=name)


def test_a_bucket_of_which_nothing_can_be_seen_is_not_taken(stack: Stack) -> None:
    policy = document({"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*"})
    stack.perform = stack.acting_as(stack.cloud.user("maker", policy))
    with pytest.raises(OperationRefused, match="not authorized to perform: s3:ListBucket"):
        stack.make(BUCKET, BucketName=f"mine-{stack.cloud.account}")


def test_a_bucket_is_deleted_when_it_is_empty(stack: Stack) -> None:
    bucket = stack.make(BUCKET, "Bucket")
    s3 = stack.client("s3")
    s3.put_object(Bucket=bucket.ref, Key="key", Body=b"")
    with pytest.raises(OperationRefused) as caught:
        bucket.delete()
    assert caught.value.code == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket.ref, Key="key")
    bucket.delete()


def test_objects_belong_to_the_bucket_and_to_nobody_else(stack: Stack) -> None:
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    bucket = stack.make(BUCKET, "Bucket", OwnershipControls=enforced)
    bucket.change(AccessControl="Private")
    with pytest.raises(HandlerFailed, match="ObjectOwnership ObjectWriter is not supported"):
        bucket.change(OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    with pytest.raises(HandlerFailed, match="AccessControl PublicRead is not supported"):
        bucket.change(AccessControl="PublicRead")


def test_the_policy_of_the_managed_bucket_of_sam_lets_its_owner_in(stack: Stack) -> None:
    bucket = stack.make(BUCKET, "Bucket", **OF_SAM)
    everything = [bucket.get("Arn"), f"{bucket.get('Arn')}/*"]
    statements = [
        {
            "Action": ["s3:GetObject"],
            "Effect": "Allow",
            "Resource": everything[1],
            "Principal": {"Service": "serverlessrepo.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": stack.cloud.account}},
        },
        {
            "Action": ["s3:*"],
            "Effect": "Deny",
            "Resource": everything,
            "Principal": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    stack.make(POLICY, Bucket=bucket.ref, PolicyDocument={"Statement": statements})
    stack.client("s3").put_object(Bucket=bucket.ref, Key="key", Body=b"")


def denying(bucket: Resource, sid: str) -> dict[str, Any]:
    statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": bucket.get("Arn"),
        "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/x"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_bucket_has_one_policy_which_is_changed_in_place(stack: Stack) -> None:
    bucket = stack.make(BUCKET, "Bucket", **OF_SAM)
    policy = stack.make(POLICY, Bucket=bucket.ref, PolicyDocument=denying(bucket, "One"))
    assert policy.ref == bucket.ref
    with pytest.raises(HandlerFailed, match=f"The bucket policy already exists on bucket {bucket.ref}."):
        policy.make_again()
    policy.change(PolicyDocument=json.dumps(denying(bucket, "Two")))
    s3 = stack.client("s3")
    assert json.loads(s3.get_bucket_policy(Bucket=bucket.ref)["Policy"]) == denying(bucket, "Two")
    policy.delete()
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket.ref)
