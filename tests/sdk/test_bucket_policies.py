"""Bucket policies through boto3, on the application without a socket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.iam import allowing, document
from tests.support.refusals import error_of

NO_ONE = "arn:aws:iam::123456789012:role/nobody"


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, (iam_api, s3_api))
    cloud.client("s3").create_bucket(Bucket=bucket_of(cloud))
    cloud.client("s3").put_object(Bucket=bucket_of(cloud), Key="key", Body=b"content")
    yield cloud
    cloud.root.close()


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    return cloud.client("s3")


def bucket_of(cloud: Cloud) -> str:
    return f"bucket-{cloud.account}"


def statement(cloud: Cloud, effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about everybody's s3:GetObject on all objects, but for what is given."""
    default = {"Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket_of(cloud)}/*"}
    return {"Effect": effect, **default, **elements}


def give(cloud: Cloud, *statements: dict[str, Any]) -> str:
    """Give the bucket a policy; answer the document."""
    text = document(*statements)
    cloud.client("s3").put_bucket_policy(Bucket=bucket_of(cloud), Policy=text)
    return text


def test_a_policy_is_given_read_and_taken_away(cloud: Cloud, s3: Any) -> None:
    bucket = bucket_of(cloud)
    with pytest.raises(ClientError) as absent:
        s3.get_bucket_policy(Bucket=bucket)
    assert error_of(absent) == ("NoSuchBucketPolicy", 404, "The bucket policy does not exist")
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy_status(Bucket=bucket)
    for action in ("s3:GetObject", "s3:PutObject"):
        text = json.dumps(json.loads(document(statement(cloud, Action=action))), indent=2)
        answer = s3.put_bucket_policy(Bucket=bucket, Policy=text)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        found = s3.get_bucket_policy(Bucket=bucket)
        assert (found["Policy"], found["ResponseMetadata"]["HTTPHeaders"]["content-type"]) == (text, "application/json")
    for _ in range(2):
        assert s3.delete_bucket_policy(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)


def test_a_bucket_goes_with_its_policy(cloud: Cloud, s3: Any) -> None:
    bucket = bucket_of(cloud)
    give(cloud, statement(cloud))
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Resource": "arn:aws:s3:::another/*"}, "Policy has invalid resource"),
        ({"Resource": "*"}, "Policy has invalid resource"),
        ({"Resource": "arn:aws:s3:::bucket-*"}, "Policy has invalid resource"),
        ({"Action": "signer:StartSigningJob"}, "Policy has invalid action"),
        ({"Action": ["s3:GetObject", "iam:*"]}, "Policy has invalid action"),
        ({"Principal": {"AWS": NO_ONE}}, f'Invalid principal in policy: "AWS":"{NO_ONE}"'),
        ({"Principal": {"AWS": "123456789012"}}, 'Invalid principal in policy: "AWS":"123456789012"'),
        ({"Principal": {"CanonicalUser": "0" * 64}}, f"Invalid principal in policy: {'0' * 64}"),
        ({"Principal": {"Federated": "accounts.example.org"}}, "Invalid principal in policy: accounts.example.org"),
        ({"NotAction": "s3:*"}, "Syntax errors in policy. Statement 1: Action and NotAction exclude each other."),
        ({"Foo": "bar"}, "Syntax errors in policy. Statement 1: Foo is no element of a statement."),
        ({"Condition": {"StringEqual": {"aws:UserId": "x"}}}, "StringEqual"),
    ],
)
def test_what_is_no_policy_of_this_bucket_is_refused_and_changes_nothing(
    cloud: Cloud, s3: Any, change: dict[str, Any], text: str
) -> None:
    given = give(cloud, statement(cloud))
    with pytest.raises(ClientError) as malformed:
        give(cloud, statement(cloud, **change))
    code, status, message = error_of(malformed)
    assert (code, status) == ("MalformedPolicy", 400)
    assert text in message
    assert s3.get_bucket_policy(Bucket=bucket_of(cloud))["Policy"] == given


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        (' {"Statement": []}', "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "Syntax errors in policy."),
        (f'{{"Id": "{"x" * 20480}"}}', "Policy exceeds the maximum allowed document size."),
    ],
)
def test_what_is_no_document_is_refused(cloud: Cloud, s3: Any, text: str, message: str) -> None:
    with pytest.raises(ClientError) as malformed:
        s3.put_bucket_policy(Bucket=bucket_of(cloud), Policy=text)
    assert error_of(malformed)[:2] == ("MalformedPolicy", 400)
    assert message in error_of(malformed)[2]


def test_another_account_reads_and_writes_where_both_sides_say_so(cloud: Cloud, s3: Any) -> None:
    other, bucket = cloud.other(), bucket_of(cloud)
    user = other.user("reader", allowing("s3:*")).client("s3")
    powerless = other.user("powerless").client("s3")
    give(cloud, statement(cloud, Principal={"AWS": other.account}, Action=["s3:GetObject", "s3:PutObject"]))
    assert user.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"
    user.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    owner = cloud.client("s3").list_buckets()["Owner"]
    listed = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert [(each["Key"], each["Owner"]["ID"]) for each in listed] == [("key", owner["ID"]), ("theirs", owner["ID"])]
    assert user.list_buckets()["Buckets"] == []
    for client, operation, members, reason in (
        (powerless, "get_object", {"Key": "key"}, "no identity-based policy allows the s3:GetObject action"),
        (user, "delete_object", {"Key": "key"}, "no resource-based policy allows the s3:DeleteObject action"),
        (user, "list_objects_v2", {}, "no resource-based policy allows the s3:ListBucket action"),
        (user, "delete_bucket", {}, "no resource-based policy allows the s3:DeleteBucket action"),
    ):
        with pytest.raises(ClientError) as denied:
            getattr(client, operation)(Bucket=bucket, **members)
        assert error_of(denied)[:2] == ("AccessDenied", 403)
        assert reason in error_of(denied)[2]


def test_within_the_account_the_bucket_alone_may_let_somebody_in(cloud: Cloud) -> None:
    user = cloud.user("reader").client("s3")
    give(cloud, statement(cloud, Principal={"AWS": f"arn:aws:iam::{cloud.account}:user/reader"}))
    assert user.head_object(Bucket=bucket_of(cloud), Key="key")["ContentLength"] == 7
    cloud.client("iam").delete_access_key(UserName="reader", AccessKeyId=user._request_signer._credentials.access_key)
    cloud.client("iam").delete_user(UserName="reader")
    again = cloud.user("reader").client("s3")
    with pytest.raises(ClientError, match="AccessDenied"):
        again.get_object(Bucket=bucket_of(cloud), Key="key")


def test_a_denial_holds_for_the_root_user_who_can_still_take_it_away(cloud: Cloud, s3: Any) -> None:
    bucket = bucket_of(cloud)
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    text = give(cloud, statement(cloud, "Deny", Action="s3:*", Resource=everything))
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        s3.get_object(Bucket=bucket, Key="key")
    with pytest.raises(ClientError, match="explicit deny"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    administrator = cloud.user("administrator", allowing("*")).client("s3")
    with pytest.raises(ClientError, match="explicit deny"):
        administrator.delete_bucket_policy(Bucket=bucket)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"


def test_a_bucket_policy_is_for_its_own_account_to_read_and_give(cloud: Cloud) -> None:
    other = cloud.other().client("s3")
    bucket = bucket_of(cloud)
    give(cloud, statement(cloud, Action="s3:*BucketPolicy*", Resource=f"arn:aws:s3:::{bucket}"))
    for operation, members in (
        ("get_bucket_policy", {}),
        ("put_bucket_policy", {"Policy": document(statement(cloud))}),
        ("delete_bucket_policy", {}),
        ("get_bucket_policy_status", {}),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(other, operation)(Bucket=bucket, **members)
        assert error_of(refused) == (
            "MethodNotAllowed",
            405,
            "The specified method is not allowed against this resource.",
        )


def test_a_key_that_looks_like_an_own_object_opens_no_other_bucket(cloud: Cloud, s3: Any) -> None:
    other = cloud.other()
    other.client("s3").create_bucket(Bucket=bucket_of(other))
    key = f"arn:aws:s3:::{bucket_of(other)}/key"
    s3.put_object(Bucket=bucket_of(cloud), Key=key, Body=b"secret")
    assert s3.get_object(Bucket=bucket_of(cloud), Key=key)["Body"].read() == b"secret"
    for operation in ("get_object", "put_object", "delete_object"):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(other.client("s3"), operation)(Bucket=bucket_of(cloud), Key=key)


def test_the_owner_that_a_caller_expects_is_the_buckets(cloud: Cloud) -> None:
    other = cloud.other().client("s3")
    give(cloud, statement(cloud))
    expected = {"Bucket": bucket_of(cloud), "Key": "key", "ExpectedBucketOwner": cloud.account}
    assert other.get_object(**expected)["Body"].read() == b"content"
    with pytest.raises(ClientError) as denied:
        other.get_object(**expected | {"ExpectedBucketOwner": "123456789012"})
    assert error_of(denied) == ("AccessDenied", 403, "Access Denied")


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, True),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}}, True),
        ({"Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:UserAgent": "me"}}}, True),
        ({"Principal": {"AWS": "SELF"}}, False),
    ],
)
def test_a_policy_for_everybody_is_told_to_be_public(
    cloud: Cloud, s3: Any, elements: dict[str, Any], expected: bool
) -> None:
    if elements.get("Principal"):
        elements = {"Principal": {"AWS": cloud.account}}
    give(cloud, statement(cloud, **elements))
    assert s3.get_bucket_policy_status(Bucket=bucket_of(cloud))["PolicyStatus"] == {"IsPublic": expected}
