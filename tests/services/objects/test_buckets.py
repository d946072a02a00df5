"""Buckets: names, owners, places."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.errors import Invalid, SealgateError
from sealgate.services.objects.errors import (
    BucketNotEmpty,
    BucketOwned,
    BucketTaken,
    IncompatibleLocation,
    InvalidBucketName,
    InvalidLocation,
    NoSuchBucket,
    WrongRegion,
)
from sealgate.services.objects.rules import verify_bucket_name
from sealgate.services.objects.service import ObjectName
from sealgate.services.scope import Scope
from sealgate.store.objects import Attributes
from tests.support.objects import BUCKET, OTHER_ACCOUNT, OTHER_REGION, SCOPE, ObjectHouse


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ObjectHouse]:
    house = ObjectHouse(tmp_path)
    yield house
    house.close()


@pytest.mark.parametrize("name", ["abc", "a.b-c.9", "0" * 63, "my-bucket", "1.2.3"])
def test_regular_names_are_taken(name: str) -> None:
    verify_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "a..b",
        "192.168.5.4",
        "xn--abc",
        "sthree-x",
        "amzn-s3-demo-x",
        "x-s3alias",
        "x--ol-s3",
        "x.mrap",
        "x--x-s3",
        "x--table-s3",
        "abc\n",
        "äbc",
    ],
)
def test_irregular_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidBucketName):
        verify_bucket_name(name)


@pytest.mark.parametrize(
    ("scope", "location", "error"),
    [
        (SCOPE, "us-east-1", InvalidLocation),
        (SCOPE, "eu-west-1", IncompatibleLocation),
        (OTHER_REGION, None, IncompatibleLocation),
        (OTHER_REGION, "eu-west-2", IncompatibleLocation),
    ],
)
def test_a_place_other_than_the_calls_region_is_refused(
    house: ObjectHouse, scope: Scope, location: str | None, error: type[SealgateError]
) -> None:
    with pytest.raises(error):
        house.objects.buckets.create(scope, BUCKET, location=location)


@pytest.mark.parametrize("location", ["eu-west-1", "EU"])
def test_a_place_is_named_outside_the_first_region(house: ObjectHouse, location: str) -> None:
    assert house.objects.buckets.create(OTHER_REGION, BUCKET, location=location).region == "eu-west-1"
    assert house.objects.buckets.get_anywhere(BUCKET).region == "eu-west-1"
    with pytest.raises(WrongRegion):
        house.objects.buckets.get(SCOPE, BUCKET)


def test_a_name_is_given_once_in_the_whole_server(house: ObjectHouse) -> None:
    created = house.objects.buckets.create(SCOPE, BUCKET, location=None)
    assert house.objects.buckets.create(SCOPE, BUCKET, location=None) == created
    with pytest.raises(BucketOwned):
        house.objects.buckets.create(OTHER_REGION, BUCKET, location="eu-west-1")
    with pytest.raises(BucketTaken):
        house.objects.buckets.create(OTHER_ACCOUNT, BUCKET, location=None)


def test_making_ones_own_bucket_again_is_an_error_outside_the_first_region(house: ObjectHouse) -> None:
    house.objects.buckets.create(OTHER_REGION, BUCKET, location="eu-west-1")
    with pytest.raises(BucketOwned):
        house.objects.buckets.create(OTHER_REGION, BUCKET, location="eu-west-1")


def test_a_bucket_goes_only_when_it_holds_nothing_but_open_uploads(house: ObjectHouse) -> None:
    house.make_bucket(versioned=True)
    written = house.put("k")
    house.objects.multipart.begin(SCOPE, BUCKET, "open", attributes=Attributes(), tags={})
    with pytest.raises(BucketNotEmpty):
        house.objects.buckets.delete(SCOPE, BUCKET)
    marker = house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key="k")).version_id
    for version_id in (written.version_id, marker):
        with pytest.raises(BucketNotEmpty):
            house.objects.buckets.delete(SCOPE, BUCKET)
        house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key="k", version_id=version_id))
    house.objects.buckets.delete(SCOPE, BUCKET)
    with pytest.raises(NoSuchBucket):
        house.objects.buckets.get(SCOPE, BUCKET)


def test_another_accounts_bucket_is_used_by_whom_the_door_lets_in_and_listed_for_nobody_else(
    house: ObjectHouse,
) -> None:
    house.make_bucket()
    assert house.objects.buckets.get(OTHER_ACCOUNT, BUCKET).account == SCOPE.account
    assert house.objects.buckets.list(OTHER_ACCOUNT).items == ()


def test_buckets_are_listed_page_by_page(house: ObjectHouse) -> None:
    for name in ("ccc", "aaa", "bbb"):
        house.make_bucket(name)
    house.objects.buckets.create(OTHER_REGION, "ddd", location="eu-west-1")
    first = house.objects.buckets.list(SCOPE, limit=2)
    second = house.objects.buckets.list(SCOPE, limit=2, token=first.next_token)
    assert [bucket.name for bucket in first.items + second.items] == ["aaa", "bbb", "ccc", "ddd"]
    assert second.next_token is None
    assert [bucket.name for bucket in house.objects.buckets.list(SCOPE, region="eu-west-1").items] == ["ddd"]
    with pytest.raises(Invalid):
        house.objects.buckets.list(SCOPE, token="!")
