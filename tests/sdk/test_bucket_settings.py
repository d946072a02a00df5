"""Tags of buckets, encryption asked for and blocks of public access, through boto3 without a socket."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.iam import allowing, document
from tests.support.refusals import error_of

_NUMBERS = itertools.count(1)
ALL = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.fixture(scope="module")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, (iam_api, s3_api))
    yield cloud
    cloud.root.close()


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    return cloud.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"settings-{next(_NUMBERS)}"
    s3.create_bucket(Bucket=name)
    return name


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def for_everyone(bucket: str) -> str:
    return document(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    )


def block(s3: Any, bucket: str, *kinds: str) -> None:
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(kinds, True))


def test_tags_are_given_read_and_taken_away(s3: Any, bucket: str) -> None:
    assert refused(s3, "get_bucket_tagging", Bucket=bucket)[:2] == ("NoSuchTagSet", 404)
    tags = [{"Key": "ManagedStackSource", "Value": "AwsSamCli"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused(s3, "get_bucket_tagging", Bucket=bucket)[0] == "NoSuchTagSet"


def test_a_bucket_has_fifty_tags_at_most(s3: Any, bucket: str) -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(51)]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags[:50]})
    assert refused(s3, "put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": tags})[0] == "BadRequest"


@pytest.mark.parametrize(
    "rule",
    [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False},
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/a"},
            "BucketKeyEnabled": True,
        },
    ],
)
def test_the_encryption_that_is_asked_for_is_recorded(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    absent = "ServerSideEncryptionConfigurationNotFoundError"
    assert refused(s3, "get_bucket_encryption", Bucket=bucket)[:2] == (absent, 404)
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == {"Rules": [rule]}
    s3.delete_bucket_encryption(Bucket=bucket)
    assert refused(s3, "get_bucket_encryption", Bucket=bucket)[0] == absent


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}, "NotImplemented"),
        ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}, "MalformedXML"),
        ({"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}, "NotImplemented"),
    ],
)
def test_an_encryption_that_is_not_kept_is_refused(s3: Any, bucket: str, rule: dict[str, Any], code: str) -> None:
    configuration = {"Rules": [rule]}
    assert (
        refused(s3, "put_bucket_encryption", Bucket=bucket, ServerSideEncryptionConfiguration=configuration)[0] == code
    )


def test_blocks_of_public_access_are_set_read_and_taken_away(s3: Any, bucket: str) -> None:
    absent = "NoSuchPublicAccessBlockConfiguration"
    assert refused(s3, "get_public_access_block", Bucket=bucket)[:2] == (absent, 404)
    block(s3, bucket, "BlockPublicPolicy")
    told = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert told == {kind: kind == "BlockPublicPolicy" for kind in ALL}
    s3.delete_public_access_block(Bucket=bucket)
    assert refused(s3, "get_public_access_block", Bucket=bucket)[0] == absent


def test_no_public_policy_is_given_where_they_are_blocked(s3: Any, bucket: str) -> None:
    block(s3, bucket, "BlockPublicPolicy")
    code, status, message = refused(s3, "put_bucket_policy", Bucket=bucket, Policy=for_everyone(bucket))
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith("public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")
    block(s3, bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=for_everyone(bucket))


def test_a_public_policy_gives_other_accounts_nothing_where_that_is_restricted(
    cloud: Cloud, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"content")
    s3.put_bucket_policy(Bucket=bucket, Policy=for_everyone(bucket))
    other = cloud.other().client("s3")
    assert other.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"
    block(s3, bucket, "RestrictPublicBuckets")
    assert refused(other, "get_object", Bucket=bucket, Key="key")[0] == "AccessDenied"
    own = cloud.user(f"own-{bucket}").client("s3")
    assert own.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("get_bucket_tagging", "s3:GetBucketTagging"),
        ("delete_bucket_tagging", "s3:PutBucketTagging"),
        ("get_bucket_encryption", "s3:GetEncryptionConfiguration"),
        ("delete_bucket_encryption", "s3:PutEncryptionConfiguration"),
        ("get_public_access_block", "s3:GetBucketPublicAccessBlock"),
        ("delete_public_access_block", "s3:PutBucketPublicAccessBlock"),
    ],
)
def test_each_needs_the_action_that_aws_asks_for(
    cloud: Cloud, s3: Any, bucket: str, operation: str, action: str
) -> None:
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    block(s3, bucket, *ALL)
    denied = cloud.user(f"no-{bucket}", allowing("s3:ListBucket")).client("s3")
    assert refused(denied, operation, Bucket=bucket)[0] == "AccessDenied"
    allowed = cloud.user(f"yes-{bucket}", allowing(action)).client("s3")
    getattr(allowed, operation)(Bucket=bucket)
