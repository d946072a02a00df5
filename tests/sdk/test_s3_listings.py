"""Listings through boto3's own paginators."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.s3_client import S3, refusal, send

KEYS = ["a", "b/1", "b/2", "c d+e", "d/é/1", "z"]


@pytest.fixture
def filled(s3: S3) -> S3:
    for key in reversed(KEYS):
        s3.put(key)
    return s3


def _pages(s3: S3, operation: str, **members: Any) -> list[Any]:
    return list(s3.client.get_paginator(operation).paginate(Bucket=s3.bucket, **members))


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_pages_of_objects_join_in_order(filled: S3, operation: str, size: int) -> None:
    pages = _pages(filled, operation, PaginationConfig={"PageSize": size})
    assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == KEYS
    assert all(page["IsTruncated"] for page in pages[:-1])


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects", "list_object_versions"])
@pytest.mark.parametrize("size", [1, 3])
def test_keys_are_rolled_up_by_a_delimiter(filled: S3, operation: str, size: int) -> None:
    pages = _pages(filled, operation, Delimiter="/", PaginationConfig={"PageSize": size})
    contents = "Versions" if operation == "list_object_versions" else "Contents"
    assert [entry["Key"] for page in pages for entry in page.get(contents, [])] == ["a", "c d+e", "z"]
    assert [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])] == ["b/", "d/"]


def test_a_listing_is_narrowed_and_counted(filled: S3) -> None:
    answer = filled.client.list_objects_v2(Bucket=filled.bucket, Prefix="b/", MaxKeys=1, FetchOwner=True)
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"], answer["Prefix"]) == (1, 1, True, "b/")
    entry = answer["Contents"][0]
    assert (entry["Key"], entry["Size"], entry["StorageClass"]) == ("b/1", 7, "STANDARD")
    assert len(entry["Owner"]["ID"]) == 64
    assert filled.keys(StartAfter="b/2") == ["c d+e", "d/é/1", "z"]
    assert filled.keys(Prefix="nothing") == []
    assert "Owner" not in filled.client.list_objects_v2(Bucket=filled.bucket)["Contents"][0]


def test_keys_are_percent_encoded_when_asked_for(filled: S3) -> None:
    answer = send(filled.server, "GET", f"/{filled.bucket}?encoding-type=url&list-type=2&prefix=c%20d")
    assert b"<Key>c+d%2Be</Key>" in answer.content
    assert b"<EncodingType>url</EncodingType>" in answer.content
    plain = send(filled.server, "GET", f"/{filled.bucket}?list-type=2&prefix=c%20d")
    assert b"<Key>c d+e</Key>" in plain.content


def test_versions_and_markers_are_listed_and_a_bucket_is_emptied_page_by_page(s3: S3) -> None:
    s3.put("a", b"null")
    s3.keep_versions()
    for key in ("a", "a", "b"):
        s3.put(key)
    s3.client.delete_object(Bucket=s3.bucket, Key="a")
    answer = s3.client.list_object_versions(Bucket=s3.bucket)
    assert [(v["Key"], v["IsLatest"]) for v in answer["Versions"]] == [
        ("a", False),
        ("a", False),
        ("a", False),
        ("b", True),
    ]
    assert answer["Versions"][2]["VersionId"] == "null"
    assert [(v["Key"], v["IsLatest"]) for v in answer["DeleteMarkers"]] == [("a", True)]
    pages = s3.client.get_paginator("list_object_versions").paginate(Bucket=s3.bucket, PaginationConfig={"PageSize": 2})
    for page in pages:
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        names = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in found]
        s3.client.delete_objects(Bucket=s3.bucket, Delete={"Objects": names})
    s3.client.delete_bucket(Bucket=s3.bucket)


def test_irregular_listings_are_refused(filled: S3) -> None:
    for operation, members in (
        ("list_objects_v2", {"MaxKeys": -1}),
        ("list_objects_v2", {"ContinuationToken": "nonsense"}),
        ("list_object_versions", {"VersionIdMarker": "x"}),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(filled.client, operation)(Bucket=filled.bucket, **members)
        assert refusal(refused) == ("InvalidArgument", 400)
    with pytest.raises(filled.client.exceptions.NoSuchBucket):
        filled.client.list_objects_v2(Bucket="absent-bucket")


def test_no_more_than_a_thousand_are_answered_and_none_when_none_are_wanted(filled: S3) -> None:
    assert filled.client.list_objects_v2(Bucket=filled.bucket, MaxKeys=5000)["MaxKeys"] == 1000
    none = filled.client.list_objects_v2(Bucket=filled.bucket, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
