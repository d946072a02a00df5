"""Buckets through boto3 and a real socket."""

import html

import pytest
from botocore.exceptions import ClientError

from sealgate.clock import system_clock
from sealgate.services.identity.accounts import IdentityService
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from tests.support.s3_client import S3, refusal, send


def test_a_bucket_is_made_found_listed_and_deleted(s3: S3) -> None:
    made = s3.client.create_bucket(Bucket=f"{s3.bucket}-x")
    assert made["Location"] == f"/{s3.bucket}-x"
    head = s3.client.head_bucket(Bucket=f"{s3.bucket}-x")
    assert head["BucketRegion"] == "us-east-1"
    listed = s3.client.list_buckets(Prefix=s3.bucket + "-x")
    assert [bucket["Name"] for bucket in listed["Buckets"]] == [f"{s3.bucket}-x"]
    assert len(listed["Owner"]["ID"]) == 64
    s3.client.delete_bucket(Bucket=f"{s3.bucket}-x")
    with pytest.raises(ClientError) as gone:
        s3.client.head_bucket(Bucket=f"{s3.bucket}-x")
    assert refusal(gone) == ("404", 404)


def test_buckets_are_listed_page_by_page(s3: S3) -> None:
    names = [f"{s3.bucket}-{letter}" for letter in "abc"]
    for name in names:
        s3.client.create_bucket(Bucket=name)
    pages = s3.client.get_paginator("list_buckets").paginate(Prefix=s3.bucket + "-", PaginationConfig={"PageSize": 2})
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in pages] == [names[:2], names[2:]]


def test_versioning_is_unset_at_first_then_enabled_then_suspended(s3: S3) -> None:
    assert "Status" not in s3.client.get_bucket_versioning(Bucket=s3.bucket)
    for status in ("Enabled", "Suspended"):
        s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": status})
        assert s3.client.get_bucket_versioning(Bucket=s3.bucket)["Status"] == status


def test_versioning_without_a_status_or_with_mfa_is_refused(s3: S3) -> None:
    with pytest.raises(ClientError) as empty:
        s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={})
    assert refusal(empty) == ("MalformedXML", 400)
    with pytest.raises(ClientError) as mfa:
        s3.client.put_bucket_versioning(
            Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}
        )
    assert refusal(mfa) == ("NotImplemented", 501)
    assert "Status" not in s3.client.get_bucket_versioning(Bucket=s3.bucket)


def test_a_bucket_says_where_it_is(s3: S3) -> None:
    assert s3.client.get_bucket_location(Bucket=s3.bucket)["LocationConstraint"] is None
    there = s3.server.client("s3", region="eu-west-1")
    name = f"{s3.bucket}-eu"
    there.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.client.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["", "/app.zip"])
def test_another_regions_bucket_is_refused_with_the_right_region(s3: S3, method: str, path: str) -> None:
    s3.put()
    answer = send(s3.server, method, f"/{s3.bucket}{path}", region="eu-west-1")
    assert answer.status_code == 400
    assert answer.headers["x-amz-bucket-region"] == "us-east-1"
    if method == "GET":
        assert b"<Code>AuthorizationHeaderMalformed</Code>" in answer.content
        assert "the region 'eu-west-1' is wrong; expecting 'us-east-1'" in html.unescape(answer.text)


def test_boto3_follows_a_bucket_to_its_region(s3: S3) -> None:
    s3.put()
    elsewhere = s3.server.client("s3", region="eu-west-1")
    assert elsewhere.get_object(Bucket=s3.bucket, Key="app.zip")["Body"].read() == b"content"
    assert [entry["Key"] for entry in elsewhere.list_objects_v2(Bucket=s3.bucket)["Contents"]] == ["app.zip"]


@pytest.mark.parametrize(
    ("region", "place", "code"),
    [
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("us-east-1", "eu-west-1", "IllegalLocationConstraintException"),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "eu-west-2", "IllegalLocationConstraintException"),
    ],
)
def test_a_place_that_is_not_the_calls_region_is_refused(s3: S3, region: str, place: str | None, code: str) -> None:
    client = s3.server.client("s3", region=region)
    members = {} if place is None else {"CreateBucketConfiguration": {"LocationConstraint": place}}
    with pytest.raises(ClientError) as refused:
        client.create_bucket(Bucket=f"{s3.bucket}-x", **members)
    assert refusal(refused) == (code, 400)


def test_making_a_bucket_again_succeeds_in_the_first_region_only(s3: S3) -> None:
    s3.client.create_bucket(Bucket=s3.bucket)
    there = s3.server.client("s3", region="eu-west-1")
    place = {"LocationConstraint": "eu-west-1"}
    with pytest.raises(there.exceptions.BucketAlreadyOwnedByYou):
        there.create_bucket(Bucket=s3.bucket, CreateBucketConfiguration=place)
    there.create_bucket(Bucket=f"{s3.bucket}-eu", CreateBucketConfiguration=place)
    with pytest.raises(there.exceptions.BucketAlreadyOwnedByYou):
        there.create_bucket(Bucket=f"{s3.bucket}-eu", CreateBucketConfiguration=place)


def test_another_account_sees_and_touches_nothing(s3: S3) -> None:
    s3.put()
    database = Database(f"sqlite:///{DataFolder(s3.server.folder).database}")
    identity = IdentityService(db=database, clock=system_clock)
    account = f"{abs(hash(s3.bucket)) % 10**12:012}"
    key = identity.create_account(account, region="us-east-1")
    database.close()
    stranger = s3.server.client_of(key.access_key_id, key.secret, "s3")
    assert stranger.list_buckets()["Buckets"] == []
    here = {"Bucket": s3.bucket, "Key": "app.zip"}
    for operation, members in (
        ("get_object", here),
        ("put_object", here | {"Body": b"x"}),
        ("delete_object", here),
        ("copy_object", here | {"Key": "copy", "CopySource": f"{s3.bucket}/app.zip"}),
        ("list_objects_v2", {"Bucket": s3.bucket}),
        ("get_bucket_location", {"Bucket": s3.bucket}),
        ("delete_bucket", {"Bucket": s3.bucket}),
    ):
        with pytest.raises(ClientError) as denied:
            getattr(stranger, operation)(**members)
        assert refusal(denied) == ("AccessDenied", 403)
    with pytest.raises(stranger.exceptions.BucketAlreadyExists):
        stranger.create_bucket(Bucket=s3.bucket)
    assert s3.read() == b"content"


def test_an_unexpected_owner_is_refused(s3: S3) -> None:
    assert s3.client.head_bucket(Bucket=s3.bucket, ExpectedBucketOwner=s3.server.credentials.account)
    with pytest.raises(ClientError) as denied:
        s3.client.list_objects_v2(Bucket=s3.bucket, ExpectedBucketOwner="123456789012")
    assert refusal(denied) == ("AccessDenied", 403)


def test_a_bucket_with_anything_in_it_is_not_deleted(s3: S3) -> None:
    s3.keep_versions()
    s3.put()
    s3.client.delete_object(Bucket=s3.bucket, Key="app.zip")
    with pytest.raises(ClientError) as refused:
        s3.client.delete_bucket(Bucket=s3.bucket)
    assert refusal(refused) == ("BucketNotEmpty", 409)


def test_an_irregular_name_is_refused(s3: S3) -> None:
    with pytest.raises(ClientError) as refused:
        s3.client.create_bucket(Bucket="Not_A_Bucket")
    assert refusal(refused) == ("InvalidBucketName", 400)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_bucket", {"ACL": "public-read"}),
        ("create_bucket", {"ObjectLockEnabledForBucket": True}),
        ("create_bucket", {"ObjectOwnership": "ObjectWriter"}),
        ("create_bucket", {"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}),
        ("get_bucket_website", {}),
        ("get_bucket_acl", {}),
        ("put_bucket_website", {"WebsiteConfiguration": {}}),
        ("get_object_lock_configuration", {}),
    ],
)
def test_what_is_not_served_is_refused_by_name(s3: S3, operation: str, members: dict[str, object]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(s3.client, operation)(Bucket=f"{s3.bucket}-x", **members)
    assert refusal(refused) == ("NotImplemented", 501)
